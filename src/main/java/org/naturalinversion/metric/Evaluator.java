package org.naturalinversion.metric;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** A classifier that says what it sees. */
public final class Evaluator implements AutoCloseable {
    private final int batch;
    private final Value input;
    private final Value logits;
    private final Plan plan;

    /**
     * Compiles the classifier, in float32.
     *
     * @param batch how many images are looked at together
     */
    public Evaluator(Engine engine, Classifier classifier, int batch) {
        this(engine, classifier, batch, Precision.F32);
    }

    /** The same in a given precision. */
    public Evaluator(Engine engine, Classifier classifier, int batch, Precision precision) {
        this.batch = batch;
        ImageSize size = classifier.input();
        Graph graph = new Graph();
        input =
                graph.input(
                        "image",
                        Type.feature(
                                Shape.of(batch, size.height(), size.width(), size.channels())));
        logits = classifier.apply(graph, input).logits();
        plan = engine.compiler(graph).precision(precision).outputs(logits).compile();
    }

    /**
     * The classifier's logits.
     *
     * @param images float32 [N, H, W, C] in its normalised input space, any number of them
     * @return float32 [N, classes]
     */
    public HostTensor logits(HostTensor images) {
        int count = images.shape().dim(0);
        int imageBytes = images.data().remaining() / Math.max(1, count);
        int rowBytes = logits.shape().channels() * DType.F32.bytes();
        ByteBuffer rows = ByteBuffer.allocate(count * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < count; from += batch) {
            int to = Math.min(count, from + batch);
            // The last images are filled up with zeros.
            ByteBuffer part = ByteBuffer.allocate(batch * imageBytes);
            part.put(images.data().position(from * imageBytes).limit(to * imageBytes)).rewind();
            plan.write(input, new HostTensor(DType.F32, input.shape(), part));
            plan.step();
            rows.put(plan.read(logits).first(to - from).data());
        }
        return new HostTensor(DType.F32, logits.shape().with(0, count), rows.flip());
    }

    /** How many rows have their largest number at the label. */
    public static int correct(HostTensor logits, List<Integer> labels) {
        float[] values = logits.toFloats();
        int classes = logits.shape().channels();
        int correct = 0;
        for (int i = 0; i < labels.size(); i++) {
            correct += largest(values, i * classes, classes) == labels.get(i) ? 1 : 0;
        }
        return correct;
    }

    /** The mean over the rows of -log softmax at the label, natural logarithm. */
    public static double crossEntropy(HostTensor logits, List<Integer> labels) {
        float[] values = logits.toFloats();
        int classes = logits.shape().channels();
        double total = 0;
        for (int i = 0; i < labels.size(); i++) {
            total += crossEntropy(values, i * classes, classes, labels.get(i));
        }
        return total / labels.size();
    }

    /** Where in a row its largest number is; of equal ones, the first. */
    static int largest(float[] values, int start, int count) {
        int best = 0;
        for (int c = 1; c < count; c++) {
            if (values[start + c] > values[start + best]) {
                best = c;
            }
        }
        return best;
    }

    /** Of one row: -log softmax at the label; not finite if one of its numbers is not. */
    static double crossEntropy(float[] values, int start, int count, int label) {
        double top = values[start + largest(values, start, count)];
        double sum = 0;
        for (int c = 0; c < count; c++) {
            sum += Math.exp(values[start + c] - top);
        }
        return Math.log(sum) + top - values[start + label];
    }

    /** Bytes of native memory that this evaluator holds. */
    public long memoryBytes() {
        return plan.memoryBytes();
    }

    @Override
    public void close() {
        plan.close();
    }
}
