// Certificates, as DER and as PEM: the bytes that were read are the bytes that are kept.
#include "reports/certificate.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto certificate = assay::read_certificate({data, size});
  if (certificate) {
    assay::require(certificate->der == assay::Bytes(data, data + size), "nothing is left over");
    assay::require(!certificate->public_key.empty(), "it certifies a key");
  } else {
    assay::require(!certificate.error().message.empty(), "a refusal says why");
  }
  const auto pem = assay::certificates_from_pem(assay::as_text(data, size));
  assay::require(!pem || !pem->empty(), "a PEM file that is read holds a certificate");
  return 0;
}
