package org.naturalinversion.app;

import java.nio.file.Path;

/**
 * How training ended. Accuracies are shares of the test images that are put into their class; rates
 * are those of this program's epochs, tests not counted.
 *
 * @param finished whether all epochs are done; if not, it was stopped
 * @param out the folder
 * @param best the file of the classifier with the best test accuracy; null if no epoch was done
 * @param epochs that are done
 * @param epochsWanted that the finished training has
 * @param testAccuracy after the last epoch; null before the first
 * @param bestTestAccuracy of any epoch
 * @param testLoss mean cross-entropy of the test images after the last epoch
 * @param seconds since the program was asked
 * @param secondsPerEpoch the mean
 * @param imagesPerSecond trained on
 * @param gflopsPerSecond multiplications and additions of convolutions and matrix products
 * @param parameters trained numbers of the classifier
 * @param macs multiply-adds of one image's forward pass
 * @param peakRssBytes the most memory that this process has had; null where that is not known
 */
public record TrainResult(
        boolean finished,
        Path out,
        Path best,
        int epochs,
        int epochsWanted,
        Double testAccuracy,
        Double bestTestAccuracy,
        Double testLoss,
        double seconds,
        Double secondsPerEpoch,
        Double imagesPerSecond,
        Double gflopsPerSecond,
        long parameters,
        long macs,
        Long peakRssBytes,
        String backend,
        String device,
        String precision) {}
