package org.naturalinversion.model.zoo;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;

/** All architectures, by name. */
public final class Zoo {
    private static final ImageSize CIFAR = new ImageSize(32, 32, 3);
    private static final ImageSize IMAGENET = new ImageSize(224, 224, 3);
    private static final ImageSize MNIST = new ImageSize(28, 28, 1);

    /**
     * An architecture up to its sizes.
     *
     * @param input the images that it was made for
     * @param builder makes it for any number of classes and any images
     */
    private record Entry(ImageSize input, BiFunction<Integer, ImageSize, Architecture> builder) {}

    private static final Map<String, Entry> ENTRIES = new TreeMap<>();

    static {
        for (int depth : new int[] {20, 32, 44, 56}) {
            add(CIFAR, (classes, input) -> new ResNetCifar(depth, false, classes, input));
            add(CIFAR, (classes, input) -> new ResNetCifar(depth, true, classes, input));
        }
        for (int depth : new int[] {18, 34, 50}) {
            add(CIFAR, (classes, input) -> new ResNet(depth, true, classes, input));
            add(IMAGENET, (classes, input) -> new ResNet(depth, false, classes, input));
        }
        for (int depth : new int[] {11, 13, 16, 19}) {
            add(CIFAR, (classes, input) -> new Vgg(depth, Vgg.Head.CIFAR, classes, input));
            add(CIFAR, (classes, input) -> new Vgg(depth, Vgg.Head.CIFAR_B, classes, input));
            add(IMAGENET, (classes, input) -> new Vgg(depth, Vgg.Head.IMAGENET, classes, input));
        }
        for (int depth : new int[] {16, 40}) {
            add(CIFAR, (classes, input) -> new WideResNet(depth, 1, classes, input));
            add(CIFAR, (classes, input) -> new WideResNet(depth, 2, classes, input));
        }
        add(CIFAR, MobileNetV2Cifar::new);
        add(CIFAR, (classes, input) -> new MobileNetV2(true, classes, input));
        add(IMAGENET, (classes, input) -> new MobileNetV2(false, classes, input));
        add(MNIST, ConvNet::new);
    }

    private Zoo() {}

    /** The names, sorted. */
    public static List<String> names() {
        return List.copyOf(ENTRIES.keySet());
    }

    /**
     * The architecture of a name.
     *
     * @throws IllegalArgumentException if there is none; the message lists those there are
     */
    public static Architecture find(String name, int classes, ImageSize input) {
        return entry(name).builder().apply(classes, input);
    }

    /**
     * The images that the architecture of a name was made for.
     *
     * @throws IllegalArgumentException if there is none; the message lists those there are
     */
    public static ImageSize input(String name) {
        return entry(name).input();
    }

    private static void add(ImageSize input, BiFunction<Integer, ImageSize, Architecture> builder) {
        ENTRIES.put(builder.apply(1, input).name(), new Entry(input, builder));
    }

    private static Entry entry(String name) {
        Entry entry = ENTRIES.get(name);
        if (entry == null) {
            throw new IllegalArgumentException(
                    "there is no architecture '%s'; choose one of %s"
                            .formatted(name, String.join(", ", names())));
        }
        return entry;
    }
}
