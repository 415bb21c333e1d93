package org.naturalinversion.model.io;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;

/**
 * What a safetensors or ONNX file says of its classifier, beside the weights: texts under the keys
 * {@code architecture}, {@code classes}, {@code input} (channels x height x width), {@code mean}
 * and {@code std} (numbers with commas between them).
 *
 * @param architecture its name in the zoo; null if not said
 * @param input the images it takes; null if not said
 * @param normalization what it does to pixels first; null if not said
 */
public record ClassifierMetadata(
        String architecture, ImageSize input, Normalization normalization) {
    private static final Pattern INPUT = Pattern.compile("(\\d{1,6})x(\\d{1,6})x(\\d{1,6})");

    /**
     * Reads what a file says.
     *
     * @throws ModelFileException if what it says makes no sense
     */
    static ClassifierMetadata of(Weights weights) {
        // The texts in a PyTorch checkpoint may be about anything.
        Map<String, String> said =
                switch (weights.format()) {
                    case SAFETENSORS, ONNX -> weights.metadata();
                    case TORCH_ZIP, TORCH_LEGACY -> Map.of();
                };
        try {
            return new ClassifierMetadata(
                    said.get("architecture"),
                    said.containsKey("input") ? size(said.get("input")) : null,
                    said.containsKey("mean") && said.containsKey("std")
                            ? new Normalization(numbers(said.get("mean")), numbers(said.get("std")))
                            : null);
        } catch (IllegalArgumentException e) {
            throw new ModelFileException(
                    weights.file(), "its metadata is invalid: " + e.getMessage(), e);
        }
    }

    /** What is to be said of a classifier. */
    public static Map<String, String> of(Classifier classifier) {
        Map<String, String> said = new LinkedHashMap<>();
        ImageSize input = classifier.input();
        said.put("architecture", classifier.architecture().name());
        said.put("classes", String.valueOf(classifier.classes()));
        said.put("input", input.channels() + "x" + input.height() + "x" + input.width());
        said.put("mean", text(classifier.normalization().mean()));
        said.put("std", text(classifier.normalization().deviation()));
        return said;
    }

    private static ImageSize size(String text) {
        Matcher matcher = INPUT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "input is '%s', not channels x height x width as in 3x32x32".formatted(text));
        }
        return new ImageSize(
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)),
                Integer.parseInt(matcher.group(1)));
    }

    private static List<Double> numbers(String text) {
        return Arrays.stream(text.split(",", -1)).map(Double::valueOf).toList();
    }

    private static String text(List<Double> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
