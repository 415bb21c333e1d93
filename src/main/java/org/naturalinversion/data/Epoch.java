package org.naturalinversion.data;

import java.util.List;

/**
 * The result of an epoch of training.
 *
 * @param number from 1
 * @param loss mean of what was minimised, over the epoch's batches
 * @param testLoss mean cross-entropy over the test images, natural logarithm
 * @param testAccuracy share of the test images that are put into their class
 * @param seconds that the training took, without the test; NaN where that is not known any more
 */
public record Epoch(int number, double loss, double testLoss, double testAccuracy, double seconds) {
    private static final String OUTCOME = "epoch,loss,test_loss,test_accuracy";
    private static final int OUTCOME_CELLS = 4;
    private static final String TABLE = OUTCOME + ",seconds";

    /** Epochs as comma-separated values. Reading them gives the same numbers. */
    static String table(List<Epoch> epochs) {
        StringBuilder table = new StringBuilder(TABLE).append('\n');
        for (Epoch epoch : epochs) {
            String seconds = Double.isNaN(epoch.seconds) ? "" : Double.toString(epoch.seconds);
            table.append(epoch.outcome()).append(',').append(seconds).append('\n');
        }
        return table.toString();
    }

    /** The same without times: trained again, the epochs come out the same. */
    static String outcomes(List<Epoch> epochs) {
        StringBuilder table = new StringBuilder(OUTCOME).append('\n');
        epochs.forEach(epoch -> table.append(epoch.outcome()).append('\n'));
        return table.toString();
    }

    /**
     * Reads the lines of a table, with or without times.
     *
     * @throws IllegalArgumentException if they are not those of all epochs from the first on
     */
    static List<Epoch> parseTable(List<String> lines) {
        if (lines.isEmpty() || !List.of(TABLE, OUTCOME).contains(lines.get(0))) {
            throw new IllegalArgumentException("the first line is not " + TABLE);
        }
        List<Epoch> epochs = lines.stream().skip(1).map(Epoch::parse).toList();
        for (int i = 0; i < epochs.size(); i++) {
            if (epochs.get(i).number != i + 1) {
                throw new IllegalArgumentException(
                        "epoch %d is in row %d".formatted(epochs.get(i).number, i + 1));
            }
        }
        return epochs;
    }

    private static Epoch parse(String row) {
        String[] cells = row.split(",", -1);
        if (cells.length < OUTCOME_CELLS) {
            throw new IllegalArgumentException(
                    "a row of %d cells: %s".formatted(cells.length, row));
        }
        boolean timed = cells.length > OUTCOME_CELLS && !cells[OUTCOME_CELLS].isEmpty();
        return new Epoch(
                Integer.parseInt(cells[0]),
                Double.parseDouble(cells[1]),
                Double.parseDouble(cells[2]),
                Double.parseDouble(cells[3]),
                timed ? Double.parseDouble(cells[OUTCOME_CELLS]) : Double.NaN);
    }

    /** The result without the time. */
    private String outcome() {
        return "%d,%s,%s,%s".formatted(number, loss, testLoss, testAccuracy);
    }

    /** Whether another epoch has the same result. */
    boolean hasOutcomeOf(Epoch other) {
        return outcome().equals(other.outcome());
    }
}
