package org.naturalinversion.model.zoo;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;

/** All architectures, by name. */
public final class Zoo {
    private static final Map<String, BiFunction<Integer, ImageSize, Architecture>> BUILDERS =
            new TreeMap<>();

    static {
        for (int depth : new int[] {20, 32, 44, 56}) {
            BUILDERS.put(
                    "resnet" + depth + "-cifar",
                    (classes, input) -> new ResNetCifar(depth, classes, input));
        }
    }

    private Zoo() {}

    /** The names, sorted. */
    public static List<String> names() {
        return List.copyOf(BUILDERS.keySet());
    }

    /**
     * The architecture of a name.
     *
     * @throws IllegalArgumentException if there is none; the message lists those there are
     */
    public static Architecture find(String name, int classes, ImageSize input) {
        BiFunction<Integer, ImageSize, Architecture> builder = BUILDERS.get(name);
        if (builder == null) {
            throw new IllegalArgumentException(
                    "there is no architecture '%s'; there are %s"
                            .formatted(name, String.join(", ", names())));
        }
        return builder.apply(classes, input);
    }
}
