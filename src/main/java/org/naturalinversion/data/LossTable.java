package org.naturalinversion.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Losses;

/**
 * The losses of a run as comma-separated values, a row for each iteration; batches count from 0,
 * iterations from 1. Numbers are written so that reading them gives the same floats.
 */
final class LossTable {
    private static final String HEADER = "batch,iteration,total,ce,bn,tv,l2";

    private LossTable() {}

    /** The losses of one batch. */
    static byte[] encode(Batch batch) {
        return encode(new TreeMap<>(Map.of(batch.index(), batch.history())));
    }

    /**
     * Encodes a table.
     *
     * @param histories the losses of each iteration, by batch
     */
    static byte[] encode(SortedMap<Integer, List<Losses>> histories) {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        histories.forEach(
                (batch, history) -> {
                    for (int i = 0; i < history.size(); i++) {
                        Losses x = history.get(i);
                        text.append(batch).append(',').append(i + 1);
                        text.append(',').append(x.total()).append(',').append(x.crossEntropy());
                        text.append(',')
                                .append(x.batchNorm())
                                .append(',')
                                .append(x.totalVariation());
                        text.append(',').append(x.l2()).append('\n');
                    }
                });
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Reads what {@link #encode(SortedMap)} made, also where a spreadsheet has saved it since, with
     * quotes, or other marks between cells.
     *
     * @throws DataFileException if the file is not such a table
     */
    static SortedMap<Integer, List<Losses>> read(Path file) {
        SortedMap<Integer, List<Losses>> histories = new TreeMap<>();
        List<String> lines = DataFile.lines(file);
        try {
            for (String line : lines.subList(1, lines.size())) {
                String[] cells = line.replace("\"", "").split("[,;\t]", -1);
                histories
                        .computeIfAbsent(Integer.valueOf(cells[0]), batch -> new ArrayList<>())
                        .add(
                                new Losses(
                                        Float.parseFloat(cells[2]),
                                        Float.parseFloat(cells[3]),
                                        Float.parseFloat(cells[4]),
                                        Float.parseFloat(cells[5]),
                                        Float.parseFloat(cells[6])));
            }
        } catch (RuntimeException e) {
            throw new DataFileException(file, "is not a table of losses: " + HEADER, e);
        }
        return histories;
    }
}
