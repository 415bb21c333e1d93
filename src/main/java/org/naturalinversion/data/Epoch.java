package org.naturalinversion.data;

/**
 * What an epoch of training came to.
 *
 * @param number from 1
 * @param loss mean of what was minimised, over the epoch's batches
 * @param testLoss mean cross-entropy over the test images, natural logarithm
 * @param testAccuracy share of the test images that are put into their class
 * @param seconds that the training took, without the test
 */
public record Epoch(int number, double loss, double testLoss, double testAccuracy, double seconds) {
    static final String HEADER = "epoch,loss,test_loss,test_accuracy,seconds";

    String row() {
        return "%d,%s,%s,%s,%s".formatted(number, loss, testLoss, testAccuracy, seconds);
    }

    static Epoch parse(String row) {
        String[] cells = row.split(",", -1);
        return new Epoch(
                Integer.parseInt(cells[0]),
                Double.parseDouble(cells[1]),
                Double.parseDouble(cells[2]),
                Double.parseDouble(cells[3]),
                Double.parseDouble(cells[4]));
    }
}
