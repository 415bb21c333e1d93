package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostLibraryTest {
    private static final int OK = 0;
    private static final int NO_SUCH_KERNEL = -2;
    private static final int BAD_DTYPE = -3;
    private static final int F32 = 0;
    private static final int BF16 = 1;

    private static final Map<String, Integer> KERNELS =
            IntStream.range(0, HostLibrary.ni_kernel_count())
                    .boxed()
                    .collect(Collectors.toMap(HostLibrary::ni_kernel_name, Function.identity()));

    @Test
    void namesTheVariantAndTheKernels() {
        assertThat(HostLibrary.ni_variant()).isIn("v2", "v3", "v4", "v4bf16", "generic");
        assertThat(KERNELS).containsKey("add");
        assertThat(HostLibrary.ni_kernel_name(-1)).isNull();
        assertThat(HostLibrary.ni_kernel_signature(KERNELS.size())).isNull();
    }

    @Test
    void deducesSignatures() {
        assertThat(HostLibrary.ni_kernel_signature(KERNELS.get("add"))).isEqualTo("irrwi");
    }

    @Test
    void explainsWhatItRefuses() {
        try (LongPointer arguments = new LongPointer(7, 0, 0, 0, 0)) {
            assertThat(HostLibrary.ni_kernel_call(KERNELS.get("add"), null, arguments))
                    .isEqualTo(BAD_DTYPE);
            assertThat(HostLibrary.ni_kernel_call(KERNELS.size(), null, arguments))
                    .isEqualTo(NO_SUCH_KERNEL);
        }
        assertThat(HostLibrary.ni_status_text(BAD_DTYPE)).contains("element type");
        assertThat(HostLibrary.ni_status_text(NO_SUCH_KERNEL)).contains("no kernel");
    }

    @Test
    void setsTheThreadsOfTheCallingThread() {
        int before = HostLibrary.ni_set_threads(0);
        assertThat(before).isPositive();
        assertThat(HostLibrary.ni_set_threads(3)).isEqualTo(3);
        assertThat(HostLibrary.ni_set_threads(before)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 13, 207, 4098})
    void addsFloats(int n) {
        float[] a = new float[n];
        float[] b = new float[n];
        float[] expected = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = 0.1f * i;
            b[i] = 3 - 0.7f * i;
            expected[i] = a[i] + b[i];
        }
        float[] y = new float[n];
        try (FloatPointer pa = new FloatPointer(n + 1L).put(a, 0, n);
                FloatPointer pb = new FloatPointer(n + 1L).put(b, 0, n)) {
            assertThat(add(F32, pa, pb, pa, n)).isEqualTo(OK);
            pa.get(y, 0, n);
        }
        assertThat(y).containsExactly(expected);
    }

    @Test
    void roundsBf16ToNearestEven() {
        short one = bf16(1f);
        short ulp = bf16(0x1p-7f); // one unit in the last place of 1
        short half = bf16(0x1p-8f);
        short nan = (short) 0xff81;
        short infinity = bf16(Float.POSITIVE_INFINITY);
        short huge = (short) 0x7f7f; // the greatest finite value
        short[] a = {one, bf16(1 + 0x1p-7f), one, one, nan, infinity, huge, bf16(-0f)};
        short[] b = {
            half, half, bf16(0x1.02p-8f), ulp, one, bf16(Float.NEGATIVE_INFINITY), huge, bf16(-0f)
        };
        short[] expected = {
            one, // a tie: down to the even neighbour
            bf16(1 + 0x1p-6f), // a tie: up to the even neighbour
            bf16(1 + 0x1p-7f), // above the tie
            bf16(1 + 0x1p-7f),
            0x7fff,
            0x7fff,
            infinity, // overflow
            bf16(-0f)
        };
        short[] y = new short[a.length];
        try (ShortPointer pa = new ShortPointer(a);
                ShortPointer pb = new ShortPointer(b);
                ShortPointer py = new ShortPointer(y)) {
            assertThat(add(BF16, pa, pb, py, a.length)).isEqualTo(OK);
            py.get(y);
        }
        assertThat(y).containsExactly(expected);
    }

    private static int add(int dtype, Pointer a, Pointer b, Pointer y, int n) {
        try (LongPointer arguments =
                new LongPointer(dtype, a.address(), b.address(), y.address(), n)) {
            return HostLibrary.ni_kernel_call(KERNELS.get("add"), null, arguments);
        }
    }

    /** The leading half of a float that needs no rounding. */
    private static short bf16(float value) {
        return (short) (Float.floatToRawIntBits(value) >>> 16);
    }
}
