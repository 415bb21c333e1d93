package org.naturalinversion.backend;

import org.naturalinversion.tensor.DType;

/**
 * c[m, n] = a[m, k] * b[k, n] + bias[n], row-major, accumulated in float32.
 *
 * @param transposeA whether a is stored as [k, m]
 * @param transposeB whether b is stored as [n, k]
 * @param input storage type of a and b
 * @param output storage type of c
 * @param bias whether a float32 bias [n] is added
 * @param tf32 whether float32 factors may be rounded to 10 bits of mantissa before they meet
 */
public record MatmulSpec(
        int m,
        int n,
        int k,
        boolean transposeA,
        boolean transposeB,
        DType input,
        DType output,
        boolean bias,
        boolean tf32) {

    /** Extents and element types, as in matmul 64x10x512 tb f32. */
    public String name() {
        return "matmul %dx%dx%d%s%s %s"
                .formatted(
                        m,
                        n,
                        k,
                        transposeA ? " ta" : "",
                        transposeB ? " tb" : "",
                        DType.names(input, output));
    }

    /** Multiplications and additions of one product. */
    public double flops() {
        return 2.0 * m * n * k;
    }
}
