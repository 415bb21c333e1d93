package org.naturalinversion.app;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.ModelFileException;

/**
 * Figures of cases as comma-separated values, a row for each run: what tables and curves are made
 * of. All versions stand in one cell, because every backend has others.
 */
public final class BenchTable {
    private static final String HEADER =
            "case,precision,backend,device,threads,median_ms,min_ms,images_per_second,tflop,"
                    + "tflops_per_second,share_of_peak,peak_memory_bytes,versions\n";

    /** A row has some 300 bytes. */
    private static final long MOST_BYTES = 64 << 20;

    private static final MathContext DIGITS = new MathContext(5);

    private BenchTable() {}

    /** Why rows cannot be added to a file, a line each; empty if they can. */
    public static List<String> problems(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            return List.of("--csv: there is no folder " + folder);
        }
        try {
            if (Files.notExists(file)) {
                return List.of();
            }
            if (!Files.isRegularFile(file)) {
                return List.of("--csv: %s is not a regular file".formatted(file));
            }
            return Files.size(file) <= MOST_BYTES && read(file).startsWith(HEADER)
                    ? List.of()
                    : List.of("--csv: %s has other columns".formatted(file));
        } catch (IOException e) {
            return List.of(
                    "--csv: %s cannot be read: %s".formatted(file, ModelFileException.reason(e)));
        }
    }

    /** Adds a row; whoever reads the file finds it without or with all of it. */
    public static void add(Path file, Bench.Result result) {
        AtomicFiles.write(
                file,
                channel -> {
                    String before = Files.exists(file) ? read(file) : HEADER;
                    byte[] text = (before + row(result)).getBytes(StandardCharsets.UTF_8);
                    AtomicFiles.Content.of(text).writeTo(channel);
                });
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }

    private static String row(Bench.Result r) {
        String versions =
                r.versions().entrySet().stream()
                        .map(version -> version.getKey() + " " + version.getValue())
                        .collect(Collectors.joining("; "));
        return Stream.of(
                                r.name(),
                                r.precision(),
                                r.backend(),
                                r.device(),
                                r.threads(),
                                rounded(r.medianMs()),
                                rounded(r.minMs()),
                                rounded(r.imagesPerSecond()),
                                rounded(r.tflop()),
                                rounded(r.tflopsPerSecond()),
                                rounded(r.shareOfPeak()),
                                r.peakMemoryBytes(),
                                versions)
                        .map(cell -> quoted(cell.toString()))
                        .collect(Collectors.joining(","))
                + "\n";
    }

    /** No more digits than a measurement has. */
    private static String rounded(double value) {
        return new BigDecimal(value).round(DIGITS).toPlainString();
    }

    private static String quoted(String cell) {
        return cell.matches("[^,\"\n]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }
}
