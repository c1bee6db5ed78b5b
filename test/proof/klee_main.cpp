// For KLEE: one property, of one size.

#include <cstddef>

void PROOF_PROPERTY(std::size_t size);

int main() {
  PROOF_PROPERTY(PROOF_SIZE);
  return 0;
}
