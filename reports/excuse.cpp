#include "reports/excuse.h"

#include "reports/chain_members.h"
#include "reports/digest.h"
#include "reports/jws.h"

namespace assay {

std::string excuse_payload(const ExcuseFrame& frame, std::uint64_t attempt,
                           const std::string& sentence) {
  return canonical_json(Json::Object{{"attempt", static_cast<std::int64_t>(attempt)},
                                     {"node", frame.node},
                                     {"sentence", sentence},
                                     {"session", frame.session_sha256}});
}

Result<std::uint64_t> read_excuse(const Json& line, const ExcuseFrame& frame) {
  Members members(line, "");
  take_chain_members(members);
  const auto attempt = static_cast<std::uint64_t>(members.whole("attempt"));
  const std::string sentence = members.text("sentence");
  const std::string jws = members.text("jws");
  if (frame.buyer_key.empty()) {
    members.fail("jws", "the session names no key of the buyer, so nothing can be excused");
  }
  if (const Result<Done> done = members.done(); !done) {
    return done.error();
  }
  const Result<Bytes> key = from_base64(frame.buyer_key);
  if (!key) {
    return key.error();
  }
  const Result<std::string> payload = open_compact(*key, k_excuse_type, jws);
  if (!payload) {
    return Error{payload.error().code, "jws: " + payload.error().message};
  }
  if (*payload != excuse_payload(frame, attempt, sentence)) {
    return Error{Error::Code::bad_input, "jws: the buyer excused something else than attempt " +
                                             std::to_string(attempt) +
                                             " of this node and session with this sentence"};
  }
  return attempt;
}

}  // namespace assay
