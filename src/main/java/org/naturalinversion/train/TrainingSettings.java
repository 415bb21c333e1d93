package org.naturalinversion.train;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.optim.Schedule;
import org.naturalinversion.graph.optim.Sgd;

/**
 * How a classifier is trained: stochastic gradient descent with Nesterov's momentum.
 *
 * @param epochs how often every image is seen
 * @param batch images of one step
 * @param rate the largest step size
 * @param momentum in [0, 1)
 * @param weightDecay pull of the weights of convolutions and linear layers toward 0; biases and
 *     BatchNorms are not pulled
 * @param smoothing share of a label's weight that all classes share; in [0, 1)
 * @param decay how the rate falls
 * @param warmup epochs in which the rate rises to its full size; less than {@code epochs}
 * @param precision how feature maps are stored
 * @param seed of the first weights, the order of images and their augmentation
 */
public record TrainingSettings(
        int epochs,
        int batch,
        double rate,
        double momentum,
        double weightDecay,
        double smoothing,
        Decay decay,
        double warmup,
        Precision precision,
        long seed) {

    /** BatchNorm needs the statistics of more than one image. */
    public static final int LEAST_BATCH = 2;

    /** How the rate falls. */
    public sealed interface Decay {
        /** Along half a cosine, to 0. */
        record Cosine() implements Decay {}

        /**
         * At once, several times.
         *
         * @param epochs before which it falls, counted from 0
         * @param share what is left of the rate each time; in (0, 1)
         */
        record Steps(List<Integer> epochs, double share) implements Decay {}
    }

    /** What is wrong with these settings, a line each. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        require(problems, epochs >= 1, "--epochs must be at least 1, not " + epochs);
        require(
                problems,
                batch >= LEAST_BATCH,
                "--batch must be at least %d, not %d".formatted(LEAST_BATCH, batch));
        require(
                problems,
                rate > 0 && Double.isFinite(rate),
                "--learning-rate must be positive, not " + rate);
        require(
                problems,
                momentum >= 0 && momentum < 1,
                "--momentum must be at least 0 and less than 1, not " + momentum);
        require(
                problems,
                weightDecay >= 0 && Double.isFinite(weightDecay),
                "--weight-decay must be at least 0, not " + weightDecay);
        require(
                problems,
                smoothing >= 0 && smoothing < 1,
                "--label-smoothing must be at least 0 and less than 1, not " + smoothing);
        require(
                problems,
                warmup >= 0 && warmup < epochs,
                "--warmup must be at least 0 and less than --epochs, not " + warmup);
        if (decay instanceof Decay.Steps steps) {
            require(
                    problems,
                    !steps.epochs().isEmpty()
                            && steps.epochs().stream().allMatch(e -> e > 0 && e < epochs),
                    "--milestones must be epochs from 1 to %d, not %s"
                            .formatted(epochs - 1, steps.epochs()));
            require(
                    problems,
                    steps.share() > 0 && steps.share() < 1,
                    "--gamma must be more than 0 and less than 1, not " + steps.share());
        }
        return problems;
    }

    /** The rates of all steps. */
    Schedule schedule(int stepsPerEpoch) {
        int steps = Math.multiplyExact(epochs, stepsPerEpoch);
        int warm = (int) Math.round(warmup * stepsPerEpoch);
        if (decay instanceof Decay.Steps falls) {
            return Schedule.stepped(
                    steps,
                    warm,
                    falls.epochs().stream().map(e -> e * stepsPerEpoch).toList(),
                    falls.share());
        }
        return Schedule.cosine(steps, warm);
    }

    /** The rule for weights, or for what is not pulled toward 0. */
    Sgd rule(boolean pulled) {
        return new Sgd(rate, momentum, pulled ? weightDecay : 0, momentum > 0);
    }

    private static void require(List<String> problems, boolean holds, String otherwise) {
        if (!holds) {
            problems.add(otherwise);
        }
    }
}
