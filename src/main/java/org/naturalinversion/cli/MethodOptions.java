package org.naturalinversion.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.method.Settings;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that say how images are made. What is not given is as in the preset. */
final class MethodOptions implements HelpSections.Explained {
    static final String NAME = "Method";

    private static final String DEFAULT_PRESET = "quick";
    private static final String DEFAULT_METHOD = "naturalinversion";
    private static final List<String> PRESETS = List.copyOf(Settings.PRESETS.keySet());
    private static final Map<String, UnaryOperator<Settings>> METHODS =
            Map.of(DEFAULT_METHOD, settings -> settings, "deepinversion", Settings::deepInversion);

    /** Images made together: a number, or none for as many as fit. */
    private record BatchSize(OptionalInt number) {
        /** Reads what is given for it. */
        static final class Converter implements ITypeConverter<BatchSize> {
            @Override
            public BatchSize convert(String value) {
                try {
                    return new BatchSize(
                            value.equals(Backends.AUTO)
                                    ? OptionalInt.empty()
                                    : OptionalInt.of(Integer.parseInt(value)));
                } catch (NumberFormatException e) {
                    throw new TypeConversionException(
                            "'%s' is neither a number nor auto".formatted(value));
                }
            }
        }
    }

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description =
                    "paper-cifar10, paper-cifar100 or quick: defaults for the options below"
                            + " (default: ${DEFAULT-VALUE}).")
    private String preset = DEFAULT_PRESET;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "naturalinversion or deepinversion (default: ${DEFAULT-VALUE}).")
    private String method = DEFAULT_METHOD;

    @Option(
            names = "--batch",
            paramLabel = "N",
            converter = BatchSize.Converter.class,
            description =
                    "Images per batch; auto takes as many as fit in memory (default: preset).")
    private BatchSize batch;

    @Option(
            names = "--concurrent",
            paramLabel = "N",
            description =
                    "Batches made at the same time, each with its own memory; on the CPU they"
                            + " share the threads (default: ${DEFAULT-VALUE}).")
    int concurrent = 1;

    @Option(
            names = "--iterations",
            paramLabel = "N",
            description = "Steps per batch (default: preset).")
    private Integer iterations;

    @Option(
            names = "--generator",
            negatable = true,
            fallbackValue = "true",
            description =
                    "Make images with a generator; without it, optimise pixels directly"
                            + " (default: preset).")
    private Boolean generator;

    @Option(
            names = "--ftp",
            negatable = true,
            fallbackValue = "true",
            description =
                    "The feature transfer pyramid: feeds the teacher's features into images (default: preset).")
    private Boolean ftp;

    @Option(
            names = "--acs",
            negatable = true,
            fallbackValue = "true",
            description =
                    "Adaptive channel scaling: learns the colour range of every image (default: preset).")
    private Boolean acs;

    @Option(
            names = "--ce-weight",
            paramLabel = "X",
            description = "Weight of the labels' cross-entropy (default: preset).")
    private Double ceWeight;

    @Option(
            names = "--bn-weight",
            paramLabel = "X",
            description = "Weight of the distance from BatchNorm statistics (default: preset).")
    private Double bnWeight;

    @Option(
            names = "--tv-weight",
            paramLabel = "X",
            description = "Weight of total variation (default: preset).")
    private Double tvWeight;

    @Option(
            names = "--l2-weight",
            paramLabel = "X",
            description = "Weight of the L2 norm (default: preset).")
    private Double l2Weight;

    @Option(
            names = "--lr-generator",
            paramLabel = "X",
            description = "The generator's step size (default: preset).")
    private Double lrGenerator;

    @Option(
            names = "--lr-ftp",
            paramLabel = "X",
            description = "The pyramid's step size (default: preset).")
    private Double lrFtp;

    @Option(
            names = "--lr-acs",
            paramLabel = "X",
            description = "The channel scales' step size (default: preset).")
    private Double lrAcs;

    @Option(
            names = "--lr-pixels",
            paramLabel = "X",
            description = "The pixels' step size, without a generator (default: preset).")
    private Double lrPixels;

    @Option(
            names = "--lr-decay",
            paramLabel = "SHARE",
            description =
                    "Last part of the iterations, in which all step sizes fall to 0; 0 keeps"
                            + " them constant (default: preset).")
    private Double lrDecay;

    @Option(
            names = "--latent",
            paramLabel = "N",
            description = "Length of the generator's random input (default: preset).")
    private Integer latent;

    @Option(
            names = "--generator-width",
            paramLabel = "N",
            description = "Channels of the generator's first feature map (default: preset).")
    private Integer width;

    @Option(
            names = "--jitter",
            paramLabel = "PIXELS",
            description = "Largest random shift of the images (default: preset).")
    private Integer jitter;

    @Option(
            names = "--allow-missing-bn",
            description =
                    "Continue if the teacher lacks BatchNorm layers or their statistics; use"
                            + " those that exist.")
    boolean allowMissingBn;

    /** Everything that is wrong with these options by themselves, a line each. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!Settings.PRESETS.containsKey(preset)) {
            problems.add(Nearest.unknown("preset", preset, Settings.PRESETS.keySet()));
        }
        if (!METHODS.containsKey(method)) {
            problems.add(Nearest.unknown("method", method, METHODS.keySet()));
        }
        return problems;
    }

    /** Whether a batch is to be as large as fits into memory. */
    boolean autoBatch() {
        return batch != null && batch.number().isEmpty();
    }

    /** The preset, for the method, with all that is given in its place. */
    Settings settings(Precision precision) {
        Settings base =
                METHODS.getOrDefault(method, settings -> settings)
                        .apply(Settings.PRESETS.getOrDefault(preset, Settings.QUICK));
        Settings.Parts parts = base.parts();
        Settings.Weights weights = base.weights();
        Settings.Rates rates = base.rates();
        return base.batch(batch == null ? base.batch() : batch.number().orElse(base.batch()))
                .iterations(or(iterations, base.iterations()))
                .parts(
                        new Settings.Parts(
                                or(generator, parts.generator()),
                                or(ftp, parts.ftp()),
                                or(acs, parts.acs())))
                .weights(
                        new Settings.Weights(
                                or(ceWeight, weights.ce()),
                                or(bnWeight, weights.bn()),
                                or(tvWeight, weights.tv()),
                                or(l2Weight, weights.l2())))
                .rates(
                        new Settings.Rates(
                                or(lrGenerator, rates.generator()),
                                or(lrFtp, rates.ftp()),
                                or(lrAcs, rates.acs()),
                                or(lrPixels, rates.pixels()),
                                or(lrDecay, rates.decay())))
                .generator(or(latent, base.latent()), or(width, base.width()))
                .jitter(or(jitter, base.jitter()))
                .precision(precision);
    }

    /** The values that presets have, and those that deepinversion has in their place. */
    @Override
    public String explanation() {
        Map<String, Object> ours = Settings.QUICK.values();
        Map<String, Object> others = Settings.QUICK.deepInversion().values();
        StringBuilder table =
                new StringBuilder(
                        "%n  Values of each preset; deepinversion replaces those in the last column:%n"
                                .formatted());
        row(table, "", PRESETS, "deepinversion");
        for (String option : ours.keySet()) {
            Object replaced = others.get(option);
            row(
                    table,
                    "--" + option,
                    PRESETS.stream()
                            .map(p -> Settings.PRESETS.get(p).values().get(option))
                            .toList(),
                    replaced.equals(ours.get(option)) ? "" : replaced);
        }
        return table.toString();
    }

    private static void row(StringBuilder table, String name, List<?> presets, Object replaced) {
        StringBuilder row = new StringBuilder("  %-19s".formatted(name));
        for (int i = 0; i < PRESETS.size(); i++) {
            String format = "%" + (Math.max(6, PRESETS.get(i).length()) + 2) + "s";
            row.append(format.formatted(word(presets.get(i))));
        }
        row.append("%15s".formatted(word(replaced)));
        table.append(row.toString().stripTrailing()).append(System.lineSeparator());
    }

    private static Object word(Object value) {
        return value instanceof Boolean b ? (b ? "yes" : "no") : value;
    }

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }
}
