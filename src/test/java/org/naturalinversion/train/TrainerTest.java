package org.naturalinversion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.naturalinversion.app.Backends;
import org.naturalinversion.data.Augmentation;
import org.naturalinversion.data.ImageSet;
import org.naturalinversion.data.Loader;
import org.naturalinversion.data.SyntheticSet;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.tensor.HostTensor;

class TrainerTest {
    private static final Engine ENGINE = Backends.open("cpu", 2);
    private static final ImageSize SIZE = new ImageSize(12, 12, 1);
    private static final Architecture NETWORK = new ResNetCifar(8, 3, SIZE);
    private static final Normalization GREY = new Normalization(List.of(0.3), List.of(0.2));
    private static final ImageSet IMAGES = new SyntheticSet(192, SIZE, 3, 5);
    private static final int BATCH = 16;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    private static TrainingSettings settings(int epochs, Precision precision) {
        return new TrainingSettings(
                epochs,
                BATCH,
                0.05,
                0.9,
                1e-3,
                0.1,
                new TrainingSettings.Decay.Cosine(),
                1,
                precision,
                3);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void learnsAndTheFrozenClassifierKnowsItToo(Precision precision) {
        TrainingSettings settings = settings(5, precision);
        try (Loader loader = loader();
                Trainer trainer = new Trainer(ENGINE, NETWORK, settings, loader.batches())) {
            double first = epoch(trainer, loader, 0);
            double last = first;
            for (int epoch = 1; epoch < 5; epoch++) {
                last = epoch(trainer, loader, epoch);
            }
            assertThat(last).isLessThan(0.8 * first);
            assertThat(trainer.steps()).isEqualTo(5 * loader.batches());
            assertThat(accuracy(trainer.classifier(GREY))).isGreaterThan(0.9);
        }
    }

    @Test
    void aRestoredTrainingGoesOnBitForBit() {
        TrainingSettings settings = settings(3, Precision.F32);
        try (Loader loader = loader();
                Trainer through = new Trainer(ENGINE, NETWORK, settings, loader.batches());
                Trainer resumed = new Trainer(ENGINE, NETWORK, settings, loader.batches())) {
            epoch(through, loader, 0);
            Map<String, HostTensor> state = through.state();
            epoch(through, loader, 1);
            assertThat(weights(resumed)).isNotEqualTo(weights(through));

            resumed.restore(state);
            epoch(resumed, loader, 1);

            assertThat(weights(resumed)).isEqualTo(weights(through));
            assertThat(resumed.meanLoss()).isEqualTo(through.meanLoss());
        }
    }

    @Test
    void theStateOfAnotherNetworkIsRefused() {
        Architecture other = new ResNetCifar(14, 3, SIZE);
        TrainingSettings settings = settings(3, Precision.F32);
        try (Trainer trainer = new Trainer(ENGINE, NETWORK, settings, 4);
                Trainer deeper = new Trainer(ENGINE, other, settings, 4)) {
            assertThatThrownBy(() -> trainer.restore(deeper.state()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void runningStatisticsApproachThoseOfTheImages() {
        // With a rate of next to nothing the network stays as it is, and its first layer's
        // statistics follow from the images alone.
        TrainingSettings still =
                new TrainingSettings(
                        40,
                        BATCH,
                        1e-9,
                        0,
                        0,
                        0,
                        new TrainingSettings.Decay.Steps(List.of(20), 0.5),
                        0,
                        Precision.F32,
                        3);
        try (Loader loader = loader();
                Trainer trainer = new Trainer(ENGINE, NETWORK, still, loader.batches())) {
            for (int epoch = 0; epoch < 6; epoch++) {
                epoch(trainer, loader, epoch);
            }
            Map<String, HostTensor> weights = trainer.classifier(GREY).weights();
            float[] filter = weights.get("conv1.weight").toFloats();
            double[] should = statistics(filter, loader);
            float mean = weights.get("bn1.running_mean").toFloats()[0];
            float var = weights.get("bn1.running_var").toFloats()[0];
            assertThat((double) mean).isCloseTo(should[0], within(0.1 * Math.sqrt(should[1])));
            assertThat((double) var).isCloseTo(should[1], within(0.1 * should[1]));
        }
    }

    /** Mean and variance of the first channel of a 3x3 convolution over an epoch. */
    private static double[] statistics(float[] filter, Loader loader) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (Loader.Batch batch : loader.epoch(0)) {
            float[] x = batch.images().toFloats();
            for (int i = 0; i < x.length; i++) {
                int row = i / 12 % 12;
                int column = i % 12;
                double y = 0;
                for (int k = 0; k < 9; k++) {
                    int r = row + k / 3 - 1;
                    int c = column + k % 3 - 1;
                    boolean within = r >= 0 && r < 12 && c >= 0 && c < 12;
                    y += within ? filter[k] * x[i + (k / 3 - 1) * 12 + k % 3 - 1] : 0;
                }
                sum += y;
                squares += y * y;
                count++;
            }
        }
        double mean = sum / count;
        return new double[] {mean, squares / count - mean * mean};
    }

    private static Loader loader() {
        return new Loader(IMAGES, GREY, Augmentation.NONE, BATCH, 1);
    }

    private static double epoch(Trainer trainer, Loader loader, int number) {
        loader.epoch(number).forEach(batch -> trainer.step(batch.images(), batch.labels()));
        return trainer.meanLoss();
    }

    private static Map<String, List<Float>> weights(Trainer trainer) {
        Map<String, List<Float>> weights = new TreeMap<>();
        trainer.classifier(GREY)
                .weights()
                .forEach((name, tensor) -> weights.put(name, list(tensor.toFloats())));
        return weights;
    }

    private static List<Float> list(float[] values) {
        Float[] boxed = new Float[values.length];
        for (int i = 0; i < values.length; i++) {
            boxed[i] = values[i];
        }
        return List.of(boxed);
    }

    private static double accuracy(Classifier classifier) {
        ImageSet others = new SyntheticSet(48, SIZE, 3, 1000);
        try (Loader loader = new Loader(others, GREY, Augmentation.NONE, 48, 1);
                Evaluator evaluator = new Evaluator(ENGINE, classifier, 48)) {
            Loader.Batch all = loader.epoch(0).iterator().next();
            List<Integer> labels =
                    list(all.labels().toFloats()).stream().map(Float::intValue).toList();
            return Evaluator.correct(evaluator.logits(all.images()), labels) / 48.0;
        }
    }
}
