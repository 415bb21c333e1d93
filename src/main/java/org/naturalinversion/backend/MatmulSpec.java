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
 */
public record MatmulSpec(
        int m,
        int n,
        int k,
        boolean transposeA,
        boolean transposeB,
        DType input,
        DType output,
        boolean bias) {

    /** Multiplications and additions of one product. */
    public double flops() {
        return 2.0 * m * n * k;
    }
}
