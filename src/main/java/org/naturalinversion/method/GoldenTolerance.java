package org.naturalinversion.method;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far results may be from those in double precision. For float32: three times the distance that
 * PyTorch in float32 has from PyTorch in float64, by the kind of result; the generator's early
 * layers are far off because a ReLU that changes side changes all behind it. For bfloat16 only the
 * total loss is held to anything; all else is shown.
 */
final class GoldenTolerance {
    private static final double FACTOR = 3;
    private static final double BF16_TOTAL = 0.02;

    /** Patterns and what float32 itself is off by; the first that matches counts. */
    private static final Map<String, Double> FLOAT32 = new LinkedHashMap<>();

    static {
        FLOAT32.put("it0\\.(loss|generated|image|logits|bn)\\b.*", 1e-5);
        FLOAT32.put("it\\d+\\.loss\\.(total|bn)", 3e-5);
        FLOAT32.put("it\\d+\\.loss\\.ce", 8e-4);
        FLOAT32.put("it\\d+\\.loss\\.tv", 7e-5);
        FLOAT32.put("it\\d+\\.loss\\.l2", 1.2e-4);
        FLOAT32.put("it0\\.grad\\.(ftp.*|acs|generator\\.conv3.*)", 5e-5);
        FLOAT32.put("it0\\.grad\\.generator.*", 6e-4);
        FLOAT32.put("final\\.ftp.*", 4e-4);
        FLOAT32.put("final\\.acs", 2.3e-4);
        FLOAT32.put("final\\.generator\\.bn\\d+\\.weight", 3.5e-5);
        FLOAT32.put("final\\.generator\\.bn\\d+\\.bias", 1.5e-2);
        FLOAT32.put("final\\.generator.*", 1.2e-3);
    }

    private GoldenTolerance() {}

    static double f32(String name) {
        return FLOAT32.entrySet().stream()
                .filter(e -> name.matches(e.getKey()))
                .findFirst()
                .map(e -> FACTOR * e.getValue())
                .orElseThrow(() -> new IllegalArgumentException("no tolerance for " + name));
    }

    static double bf16(String name) {
        return name.matches("it\\d+\\.loss\\.total") ? BF16_TOTAL : Double.POSITIVE_INFINITY;
    }
}
