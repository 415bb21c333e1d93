package org.naturalinversion.model.io.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.nio.channels.Channels;
import java.nio.file.Path;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.ClassifierMetadata;
import org.naturalinversion.tensor.Shape;

/**
 * Writes classifiers as standard ONNX, whatever they are made of: the nodes of the forward pass are
 * written, not a list of layers.
 *
 * <p>The network takes {@code image}, float32 [batch, C, H, W] in normalised input space, as its
 * PyTorch twin does, and gives {@code logits} [batch, classes]; the batch is of any size. Weights
 * have their names in the checkpoint. What is done to pixels first, and the other texts of {@link
 * ClassifierMetadata}, stand in {@code metadata_props}. The same classifier always gives the same
 * bytes.
 */
public final class OnnxWriter {
    /** BatchNormalization, Pad, Slice and Unsqueeze have had their forms since 15. */
    static final int OPSET = 17;

    /** The format of files that came with that set of operators. */
    private static final int IR_VERSION = 8;

    /** A protobuf message ends here, and all but the weights needs some room. */
    private static final long LARGEST = Integer.MAX_VALUE - (16L << 20);

    private OnnxWriter() {}

    /**
     * What was written.
     *
     * @param nodes operators in the graph
     * @param batchNormsKept those that are BatchNormalization nodes
     * @param batchNormsFolded those that went into the weights before them
     */
    public record Written(int nodes, int batchNormsKept, int batchNormsFolded) {}

    /**
     * Writes or replaces a file, whole or not at all.
     *
     * @param fold whether BatchNorm layers are multiplied into the convolution or fully connected
     *     layer before them. Those that follow something else, or something that is read elsewhere
     *     too, remain
     * @throws IllegalArgumentException if the network has an operation without ONNX form, or its
     *     weights do not fit a file of 2 GB; nothing is written then
     * @throws java.io.UncheckedIOException if the file cannot be written
     */
    public static Written write(Path file, Classifier classifier, boolean fold) {
        ForwardPass pass = pass(classifier, fold);
        ModelProto model = model(classifier, pass);
        AtomicFiles.write(file, channel -> model.writeTo(Channels.newOutputStream(channel)));
        return new Written(
                model.getGraph().getNodeCount(), pass.batchNormsKept(), pass.batchNormsFolded());
    }

    /** What {@link #write} writes. */
    static ModelProto model(Classifier classifier, boolean fold) {
        return model(classifier, pass(classifier, fold));
    }

    private static ForwardPass pass(Classifier classifier, boolean fold) {
        ImageSize size = classifier.input();
        Graph graph = new Graph();
        Shape shape = Shape.of(1, size.height(), size.width(), size.channels());
        Value image = graph.input(GraphWriter.INPUT, Type.feature(shape));
        Applied applied = classifier.apply(graph, image);
        return new ForwardPass(image, applied, fold);
    }

    private static ModelProto model(Classifier classifier, ForwardPass pass) {
        GraphWriter graph = pass.translate();
        requireFit(graph.weightBytes());
        ModelProto.Builder model =
                ModelProto.newBuilder()
                        .setIrVersion(IR_VERSION)
                        .setProducerName("NaturalInversion")
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));
        ClassifierMetadata.of(classifier)
                .forEach(
                        (key, value) ->
                                model.addMetadataProps(
                                        StringStringEntryProto.newBuilder()
                                                .setKey(key)
                                                .setValue(value)));
        return model.setGraph(graph.finish(classifier)).build();
    }

    /** Refuses what no protobuf message can hold. */
    static void requireFit(long weightBytes) {
        if (weightBytes > LARGEST) {
            throw new IllegalArgumentException(
                    ("the weights have %,d bytes, an ONNX file can have at most %,d; safetensors"
                                    + " has no such limit")
                            .formatted(weightBytes, LARGEST));
        }
    }
}
