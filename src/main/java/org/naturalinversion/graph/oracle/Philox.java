package org.naturalinversion.graph.oracle;

/**
 * The counter-based random number generator Philox4x32-10: Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011, section 3.3.
 */
public final class Philox {
    private static final int ROUNDS = 10;
    private static final long FACTOR_0 = 0xd2511f53L;
    private static final long FACTOR_1 = 0xcd9e8d57L;
    private static final int WEYL_0 = 0x9e3779b9;
    private static final int WEYL_1 = 0xbb67ae85;

    private Philox() {}

    /**
     * Four random words.
     *
     * @param counter four words
     * @param key two words
     */
    public static int[] words(int[] counter, int[] key) {
        int[] c = counter.clone();
        int k0 = key[0];
        int k1 = key[1];
        for (int round = 0; round < ROUNDS; round++) {
            long a = FACTOR_0 * Integer.toUnsignedLong(c[0]);
            long b = FACTOR_1 * Integer.toUnsignedLong(c[2]);
            c =
                    new int[] {
                        (int) (b >>> 32) ^ c[1] ^ k0, (int) b, (int) (a >>> 32) ^ c[3] ^ k1, (int) a
                    };
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return c;
    }

    /**
     * Number i of a draw of standard normal numbers that belongs to no iteration: two words of a
     * block make two numbers, by Box and Muller.
     *
     * @param key seed (low, high), batch index
     * @param stream tells draws apart
     */
    public static double normal(int[] key, int stream, int i) {
        int[] words = block(key, stream, i / 4);
        int first = i % 4 / 2 * 2;
        double radius = (Integer.toUnsignedLong(words[first]) + 0.5) * 0x1p-32;
        double angle = 2 * Math.PI * Integer.toUnsignedLong(words[first + 1]) * 0x1p-32;
        return Math.sqrt(-2 * Math.log(radius)) * (i % 2 == 0 ? Math.cos(angle) : Math.sin(angle));
    }

    /** Number i of a draw from [0, 1) that belongs to no iteration. */
    public static double uniform(int[] key, int stream, int i) {
        return (block(key, stream, i / 4)[i % 4] >>> 8) * 0x1p-24;
    }

    private static int[] block(int[] key, int stream, int block) {
        return words(new int[] {block, stream, -1, key[2]}, new int[] {key[0], key[1]});
    }
}
