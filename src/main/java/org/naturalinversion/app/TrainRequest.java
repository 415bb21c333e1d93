package org.naturalinversion.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.naturalinversion.data.Augmentation;
import org.naturalinversion.data.TrainingFolder;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.train.TrainingSettings;

/**
 * What is to be trained, and on what.
 *
 * @param architecture name of an architecture of the zoo
 * @param data labelled images to train on
 * @param test labelled images to measure by; null for the other part of {@code data}
 * @param inputSize extent of the square that all images are brought to; null for their own
 * @param normalization what the classifier does to pixels first; null for what makes the training
 *     images' mean 0 and deviation 1
 * @param augmentation how training images are varied
 * @param settings how it is trained
 * @param backend name of a backend, or {@link Backends#AUTO}
 * @param threads worker threads; 0 for as many as there are cores
 * @param folder where the classifier is left; null for a new one in {@code runs}
 * @param resume whether the folder holds this training already, to be completed
 */
public record TrainRequest(
        String architecture,
        Path data,
        Path test,
        Integer inputSize,
        Normalization normalization,
        Augmentation augmentation,
        TrainingSettings settings,
        String backend,
        int threads,
        Path folder,
        boolean resume) {

    /** What is wrong with this request, as far as is known without its images. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>(settings.problems());
        Optional<String> refusal =
                folder == null ? Optional.empty() : TrainingFolder.refusal(folder, resume);
        if (resume && refusal.isPresent()) {
            // Then its settings are missing too, and nobody has to give them.
            return List.of(refusal.get());
        }
        if (data == null) {
            problems.add("--data is missing: the images to train on");
        }
        if (inputSize != null && inputSize < 1) {
            problems.add("--input-size must be at least 1, not " + inputSize);
        }
        if (augmentation.padding() < 0) {
            problems.add("--crop-padding must be at least 0, not " + augmentation.padding());
        }
        refusal.ifPresent(problems::add);
        if (folder == null && resume) {
            problems.add("--resume needs --out, the folder of the training");
        }
        return problems;
    }

    /**
     * All settings by the names that flags and settings files have for them, resolved.
     *
     * @param resolved what {@link #normalization} turned out to be
     * @param backendName what {@link #backend} turned out to be
     */
    Map<String, Object> settings(Normalization resolved, String backendName) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("arch", architecture);
        all.put("data", Runs.named(data));
        if (test != null) {
            all.put("test", Runs.named(test));
        }
        if (inputSize != null) {
            all.put("input-size", inputSize);
        }
        all.put("mean", resolved.mean());
        all.put("std", resolved.deviation());
        all.put("crop-padding", augmentation.padding());
        all.put("flip", augmentation.flip());
        all.put("epochs", settings.epochs());
        all.put("batch", settings.batch());
        all.put("learning-rate", settings.rate());
        all.put("momentum", settings.momentum());
        all.put("weight-decay", settings.weightDecay());
        all.put("label-smoothing", settings.smoothing());
        all.put("warmup", settings.warmup());
        if (settings.decay() instanceof TrainingSettings.Decay.Steps steps) {
            all.put("schedule", "step");
            all.put("milestones", steps.epochs());
            all.put("gamma", steps.share());
        } else {
            all.put("schedule", "cosine");
        }
        all.put("seed", settings.seed());
        all.put("precision", settings.precision().toString());
        all.put("backend", backendName);
        if (threads > 0) {
            all.put("threads", threads);
        }
        return all;
    }
}
