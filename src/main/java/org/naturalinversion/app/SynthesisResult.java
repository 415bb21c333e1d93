package org.naturalinversion.app;

import java.nio.file.Path;
import java.util.List;

/**
 * How a run ended. Losses are those of the iterations that the images are of; accuracies are shares
 * of images that are put into their class.
 *
 * @param finished whether all batches are there; if not, the run was stopped
 * @param out the run's folder
 * @param grid the picture to look at first; null if there is none
 * @param images that are there
 * @param batches that are there
 * @param batchesWanted that the finished run has
 * @param seconds since the program was asked
 * @param iterationsPerSecond of all batches that were made now, those made at once together; null
 *     if all were there already
 * @param bestLoss of each batch
 * @param bnLoss mean over batches, without its weight
 * @param ceLoss mean over batches
 * @param teacherAccuracy what the teacher makes of the images themselves
 * @param teacherAccuracyPng what it makes of them clamped and rounded to 8 bits
 * @param verifierAccuracy what another classifier makes of the images; null if there was none
 * @param verifierAccuracyPng what it makes of them clamped and rounded to 8 bits
 * @param peakRssBytes the most memory that this process has had; null where that is not known
 */
public record SynthesisResult(
        boolean finished,
        Path out,
        Path grid,
        int images,
        int batches,
        int batchesWanted,
        double seconds,
        Double iterationsPerSecond,
        List<Float> bestLoss,
        Double bnLoss,
        Double ceLoss,
        Double teacherAccuracy,
        Double teacherAccuracyPng,
        Double verifierAccuracy,
        Double verifierAccuracyPng,
        Long peakRssBytes,
        String backend,
        String device,
        String precision) {}
