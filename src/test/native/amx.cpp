/* amx: a processor with AMX, for machines whose processor has AVX-512 with bfloat16 and no AMX.
 *
 * Preloaded, it makes oneDNN believe that there are tiles, and computes the instructions on them in software when the
 * processor finds them unknown (SIGILL). Every thread has tiles of its own. A processor that has AMX, or lacks AVX-512,
 * is left as it is. Numbers are rounded as in plain float32, which real tiles do not promise in the last bit.
 */
#include <dlfcn.h>
#include <immintrin.h>
#include <signal.h>
#include <ucontext.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace {

// ---- tiles ---------------------------------------------------------------------------------------------------------

constexpr int tiles = 8;
constexpr int most_rows = 16;
constexpr int row_bytes = 64;

/* What LDTILECFG reads. */
struct Shapes {
    uint8_t palette;
    uint8_t start_row;
    uint8_t reserved[14];
    uint16_t columns[16];  // in bytes
    uint8_t rows[16];
};
static_assert(sizeof(Shapes) == 64);

struct Tiles {
    Shapes shapes;
    alignas(row_bytes) uint8_t memory[tiles][most_rows][row_bytes];

    int rows(int tile) const { return shapes.rows[tile]; }
    int columns(int tile) const { return shapes.columns[tile]; }

    void configure(const void* from) {
        std::memset(this, 0, sizeof *this);
        std::memcpy(&shapes, from, sizeof shapes);
    }

    void zero(int tile) { std::memset(memory[tile], 0, sizeof memory[tile]); }

    void load(int tile, const char* from, uint64_t stride) {
        zero(tile);
        for (int i = 0; i < rows(tile); i++) {
            std::memcpy(memory[tile][i], from + i * stride, columns(tile));
        }
    }

    void store(int tile, char* into, uint64_t stride) const {
        for (int i = 0; i < rows(tile); i++) {
            std::memcpy(into + i * stride, memory[tile][i], columns(tile));
        }
    }

    /* sum += a b, where a row of b holds pairs of neighbours in the direction that is summed over. */
    void multiply_bf16(int sum, int a, int b) {
        for (int i = 0; i < rows(sum); i++) {
            std::array<float, row_bytes / 4> total;
            std::memcpy(total.data(), memory[sum][i], row_bytes);
            for (int k = 0; k < columns(a) / 2; k++) {
                const float factor = bf16(memory[a][i] + 2 * k);
                for (int j = 0; j < columns(sum) / 4; j++) {
                    total[j] += factor * bf16(memory[b][k / 2] + 4 * j + 2 * (k % 2));
                }
            }
            std::memcpy(memory[sum][i], total.data(), columns(sum));
        }
    }

  private:
    static float bf16(const uint8_t* at) {
        uint16_t half;
        std::memcpy(&half, at, sizeof half);
        const uint32_t bits = static_cast<uint32_t>(half) << 16;
        float value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
};

// A signal handler may touch it: no memory is taken for it when it is first used.
__attribute__((tls_model("initial-exec"))) thread_local Tiles own;

// ---- instructions --------------------------------------------------------------------------------------------------

/* An instruction of the form VEX.128.0F38.W0, which all of AMX is. */
struct Instruction {
    enum Prefix { NONE, P66, F3, F2 };

    bool known = false;
    int prefix = NONE;
    int opcode = 0;
    int length = 0;
    bool in_memory = false;
    int reg = 0;
    int rm = 0;
    int third = 0;  // the register that VEX itself names
    char* address = nullptr;
    uint64_t stride = 0;

    Instruction(const uint8_t* code, const greg_t* registers) {
        if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0) {
            return;
        }
        known = true;
        prefix = code[2] & 3;
        third = ~(code[2] >> 3) & 15;
        opcode = code[3];
        reg = code[4] >> 3 & 7;
        rm = code[4] & 7;
        in_memory = code[4] >> 6 != 3;
        length = 5;
        if (in_memory) {
            locate(code, registers);
        }
    }

  private:
    void locate(const uint8_t* code, const greg_t* registers) {
        const int mode = code[4] >> 6;
        int base = rm | (code[1] & 0x20 ? 0 : 8);
        if (rm == 4) {  // a second byte names two registers
            const int sib = code[length++];
            base = (sib & 7) | (code[1] & 0x20 ? 0 : 8);
            const int index = (sib >> 3 & 7) | (code[1] & 0x40 ? 0 : 8);
            stride = index == 4 ? 0 : value(registers, index) << (sib >> 6);
        }
        const bool absolute = mode == 0 && (base & 7) == 5;
        int64_t offset = 0;
        if (mode == 1) {
            offset = static_cast<int8_t>(code[length++]);
        } else if (mode == 2 || absolute) {
            int32_t wide;
            std::memcpy(&wide, code + length, sizeof wide);
            offset = wide;
            length += 4;
        }
        uint64_t start = absolute ? 0 : value(registers, base);
        if (absolute && rm == 5) {  // relative to what follows
            start = reinterpret_cast<uint64_t>(code) + length;
        }
        address = reinterpret_cast<char*>(start + offset);
    }

    static uint64_t value(const greg_t* registers, int number) {
        static constexpr int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                        REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
        return registers[order[number]];
    }
};

/* LDTILECFG, STTILECFG, TILERELEASE, TILEZERO. */
bool configure(const Instruction& i) {
    char* shapes = i.address + i.stride;
    if (i.in_memory && i.prefix == Instruction::NONE) {
        own.configure(shapes);
    } else if (i.in_memory && i.prefix == Instruction::P66) {
        std::memcpy(shapes, &own.shapes, sizeof own.shapes);
    } else if (!i.in_memory && i.prefix == Instruction::NONE) {
        std::memset(&own, 0, sizeof own);
    } else if (!i.in_memory && i.prefix == Instruction::F2) {
        own.zero(i.reg);
    } else {
        return false;
    }
    return true;
}

/* TILELOADD, TILELOADDT1, TILESTORED. */
bool move(const Instruction& i) {
    if (!i.in_memory || i.prefix == Instruction::NONE) {
        return false;
    } else if (i.prefix == Instruction::F3) {
        own.store(i.reg, i.address, i.stride);
    } else {
        own.load(i.reg, i.address, i.stride);
    }
    return true;
}

/* TDPBF16PS. */
bool multiply(const Instruction& i) {
    if (i.in_memory || i.prefix != Instruction::F3 || i.third >= tiles) {
        return false;
    }
    own.multiply_bf16(i.reg, i.rm, i.third);
    return true;
}

bool compute(const Instruction& i) {
    if (!i.known) {
        return false;
    }
    switch (i.opcode) {
        case 0x49:
            return configure(i);
        case 0x4b:
            return move(i);
        case 0x5c:
            return multiply(i);
        default:
            return false;
    }
}

struct sigaction before;

void on_unknown_instruction(int signal, siginfo_t* info, void* context) {
    greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const Instruction instruction(reinterpret_cast<const uint8_t*>(registers[REG_RIP]), registers);
    if (compute(instruction)) {
        registers[REG_RIP] += instruction.length;
    } else if ((before.sa_flags & SA_SIGINFO) != 0) {
        before.sa_sigaction(signal, info, context);
    } else {
        sigaction(signal, &before, nullptr);  // comes again, to whoever was there first
    }
}

void take_unknown_instructions() {
    struct sigaction ours = {};
    ours.sa_sigaction = on_unknown_instruction;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGILL, &ours, &before);
}

// ---- what oneDNN knows of the processor ----------------------------------------------------------------------------

/* Bits of what Xbyak 7 in oneDNN 3.11 notes of a processor. */
constexpr uint64_t AVX512_FP16 = 1ull << 11;
constexpr uint64_t AVX512_BF16 = 1ull << 57;
constexpr uint64_t AMX_TILE = 1ull << 59;
constexpr uint64_t AMX_INT8 = 1ull << 60;
constexpr uint64_t AMX_BF16 = 1ull << 61;
constexpr uint64_t AVX_VNNI = 1ull << 62;

bool simulated = false;

/* oneDNN's own function of a name that this library has too. */
template <class Function>
Function* real(const char* name) {
    void* library = dlopen("libdnnl.so.3", RTLD_LAZY | RTLD_NOLOAD);
    return reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

extern "C" {

/* Xbyak::util::Cpu::Cpu(), which asks the processor. */
void _ZN5Xbyak4util3CpuC1Ev(uint64_t* cpu) {
    real<void(uint64_t*)>("_ZN5Xbyak4util3CpuC1Ev")(cpu);
    if ((cpu[0] & AVX512_BF16) != 0 && (cpu[0] & AMX_TILE) == 0) {
        cpu[0] |= AVX512_FP16 | AVX_VNNI | AMX_TILE | AMX_INT8 | AMX_BF16;
        if (!simulated) {
            simulated = true;
            take_unknown_instructions();  // only now: the virtual machine has set its own handler
        }
    }
}

/* dnnl::impl::cpu::x64::amx::is_available(), get_max_palette(), get_max_tiles(int), get_max_column_bytes(int),
 * get_max_rows(int): what the system allows, and sizes. */
bool _ZN4dnnl4impl3cpu3x643amx12is_availableEv() {
    return simulated || real<bool()>("_ZN4dnnl4impl3cpu3x643amx12is_availableEv")();
}

int _ZN4dnnl4impl3cpu3x643amx15get_max_paletteEv() {
    return simulated ? 1 : real<int()>("_ZN4dnnl4impl3cpu3x643amx15get_max_paletteEv")();
}

int _ZN4dnnl4impl3cpu3x643amx13get_max_tilesEi(int palette) {
    return simulated ? tiles : real<int(int)>("_ZN4dnnl4impl3cpu3x643amx13get_max_tilesEi")(palette);
}

int _ZN4dnnl4impl3cpu3x643amx20get_max_column_bytesEi(int palette) {
    return simulated ? row_bytes : real<int(int)>("_ZN4dnnl4impl3cpu3x643amx20get_max_column_bytesEi")(palette);
}

int _ZN4dnnl4impl3cpu3x643amx12get_max_rowsEi(int palette) {
    return simulated ? most_rows : real<int(int)>("_ZN4dnnl4impl3cpu3x643amx12get_max_rowsEi")(palette);
}
}
