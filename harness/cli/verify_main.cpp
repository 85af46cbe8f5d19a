#include <cstdio>

#include "version.h"

int main() {
  std::printf("assay %s\n", k_assay_version);
  return 0;
}
