/* amx-check: what amx.cpp computes, and which instructions it leaves to others. Runs on every x86-64 processor, since
 * it hands over the bytes of instructions and executes none. Prints what is wrong; exit code 1 if anything is.
 */
#include <cstdio>
#include <initializer_list>

#include "amx.cpp"

namespace {

bool failed = false;

void check(bool right, const char* what) {
    if (!right) {
        std::printf("%s\n", what);
        failed = true;
    }
}

/* Whether it takes an instruction, with an address in RCX and a stride in RDX. */
bool takes(std::initializer_list<uint8_t> code, const void* address, uint64_t stride) {
    greg_t registers[NGREG] = {};
    registers[REG_RCX] = reinterpret_cast<greg_t>(address);
    registers[REG_RDX] = static_cast<greg_t>(stride);
    return compute(Instruction(code.begin(), registers));
}

uint16_t bf16(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<uint16_t>(bits >> 16);
}

constexpr int rows = 3, depth = 4, columns = 5;  // of a product of matrices
float left(int i, int k) { return static_cast<float>(i - 2 * k + 1); }
float right(int k, int j) { return static_cast<float>(3 * k - j); }

void check_product() {
    Shapes shapes = {};
    shapes.palette = 1;
    shapes.rows[0] = rows;
    shapes.columns[0] = 4 * columns;
    shapes.rows[1] = rows;
    shapes.columns[1] = 2 * depth;
    shapes.rows[2] = depth / 2;
    shapes.columns[2] = 4 * columns;
    uint16_t a[rows][depth];
    uint16_t b[depth / 2][columns][2];
    float sum[rows][columns];
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < depth; k++) {
            a[i][k] = bf16(left(i, k));
        }
        for (int j = 0; j < columns; j++) {
            sum[i][j] = 100;
        }
    }
    for (int k = 0; k < depth; k++) {
        for (int j = 0; j < columns; j++) {
            b[k / 2][j][k % 2] = bf16(right(k, j));
        }
    }
    check(takes({0xc4, 0xe2, 0x78, 0x49, 0x01}, &shapes, 0), "ldtilecfg [rcx] is not taken");
    check(takes({0xc4, 0xe2, 0x7b, 0x4b, 0x04, 0x11}, sum, sizeof sum[0]), "tileloadd tmm0, [rcx + rdx] is not taken");
    check(takes({0xc4, 0xe2, 0x7b, 0x4b, 0x0c, 0x11}, a, sizeof a[0]), "tileloadd tmm1, [rcx + rdx] is not taken");
    check(takes({0xc4, 0xe2, 0x7b, 0x4b, 0x14, 0x11}, b, sizeof b[0]), "tileloadd tmm2, [rcx + rdx] is not taken");
    check(takes({0xc4, 0xe2, 0x6a, 0x5c, 0xc1}, nullptr, 0), "tdpbf16ps tmm0, tmm1, tmm2 is not taken");
    check(takes({0xc4, 0xe2, 0x7a, 0x4b, 0x04, 0x11}, sum, sizeof sum[0]), "tilestored [rcx + rdx], tmm0 is not taken");
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            float wanted = 100;
            for (int k = 0; k < depth; k++) {
                wanted += left(i, k) * right(k, j);
            }
            check(sum[i][j] == wanted, "the product is wrong");
        }
    }
}

/* Tiles have their shapes by now: whoever computed before checking would read and write at address 0. */
void check_others() {
    check(!takes({0xc4, 0xe2, 0x7b, 0x4b, 0xc1}, nullptr, 0), "a load from a register is taken");
    check(!takes({0xc4, 0xe2, 0x7a, 0x4b, 0xc1}, nullptr, 0), "a store into a register is taken");
    check(!takes({0xc4, 0xe2, 0x78, 0x4b, 0x04, 0x11}, nullptr, 0), "a load without a prefix is taken");
    check(!takes({0xc4, 0xe2, 0x6a, 0x5c, 0x01}, nullptr, 0), "a product with memory is taken");
    check(!takes({0xc4, 0xe2, 0x6b, 0x5c, 0xc1}, nullptr, 0), "a product of another type is taken");
    check(!takes({0xc4, 0xe2, 0x3a, 0x5c, 0xc1}, nullptr, 0), "a tile of number 8 is taken");
    check(!takes({0xc4, 0xe2, 0x78, 0x77, 0xc1}, nullptr, 0), "another instruction is taken");
}

}  // namespace

int main() {
    check_product();
    check_others();
    return failed ? 1 : 0;
}
