package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.naturalinversion.model.io.PickleWriter.pickle;
import static org.naturalinversion.model.io.TorchFiles.floats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Fuzz;

/**
 * Reads good files with random damage, and random pickles in good files. Each must end in weights
 * or in a {@link ModelFileException}, soon, and without much memory. Seeds are fixed; {@code
 * -Dni.fuzz=1000000} makes more of them.
 */
class DamagedFilesTest {
    private static final int COUNT = Fuzz.count(20_000);
    private static final String OPCODES =
            "(012}])Nleutdsaobi\u0081\u0085\u0086\u0087RRRQQ\u0094\u0090";

    private static final List<String> TEXTS =
            List.of("w", "storage", "0", "model", "state_dict", "module.w", "torch.Size");

    private static final List<String> NAMES =
            List.of(
                    "collections.OrderedDict",
                    "torch.Size",
                    "torch._utils._rebuild_tensor_v2",
                    "torch._utils._rebuild_tensor_v3",
                    "torch._utils._rebuild_parameter",
                    "torch._tensor._rebuild_from_type_v2",
                    "torch.FloatStorage",
                    "torch.float32",
                    "numpy.dtype");

    @TempDir Path folder;

    @Test
    void endInWeightsOrInOneComplaint() throws IOException {
        int accepted = fuzz().damage(seeds(), COUNT * 3 / 4, new Random(7));
        assertThat(accepted).as("files that are still good").isBetween(COUNT / 100, COUNT / 2);
    }

    @Test
    void endTheSameWhateverThePickleDoes() throws IOException {
        Random random = new Random(8);
        Fuzz fuzz = fuzz();
        assertThat(
                        fuzz.accepts(
                                TorchFiles.zip(
                                        pickle().op("}")
                                                .entry("w", "FloatStorage", "0", 4, 4)
                                                .op("s")
                                                .stop(),
                                        floats(1, 2, 3, 4))))
                .isTrue();
        for (int i = 0; i < COUNT / 4; i++) {
            fuzz.accepts(TorchFiles.zip(randomPickle(random), floats(1, 2, 3, 4)));
        }
    }

    private Fuzz fuzz() {
        return new Fuzz(
                folder.resolve("damaged"),
                ModelFileException.class,
                file -> Weights.read(file).requireFinite());
    }

    private static List<byte[]> seeds() throws IOException {
        String header =
                "{\"__metadata__\":{\"a\":\"b\"},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                        + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}";
        return Stream.concat(
                        Stream.of(
                                        "tensors-zip.pt",
                                        "tensors-legacy.pth",
                                        "tensors-protocol4.pt",
                                        "training-zip.pt",
                                        "training-legacy.pth")
                                .map(TorchCheckpointTest::fixture)
                                .map(DamagedFilesTest::bytes),
                        Stream.of(
                                TorchFiles.safetensors(header, new byte[16]),
                                TorchFiles.safetensors("{}", new byte[0])))
                .toList();
    }

    /** Opcodes in any order, and the names, texts and numbers of tensors. */
    private static byte[] randomPickle(Random random) {
        PickleWriter pickle = pickle().op("}q\0").text("w");
        for (int length = random.nextInt(200); length > 0; length--) {
            int small = random.nextInt(4);
            switch (random.nextInt(12)) {
                case 0 -> pickle.op(OPCODES.charAt(random.nextInt(OPCODES.length())));
                case 1 -> pickle.op(OPCODES.charAt(random.nextInt(OPCODES.length())));
                case 2 -> pickle.op('q', small);
                case 3 -> pickle.op('h', small);
                case 4 -> pickle.op('h', 0);
                case 5 -> pickle.text(TEXTS.get(random.nextInt(TEXTS.size())));
                case 6 -> pickle.integer(Fuzz.number(random));
                case 7 -> pickle.tuple(small, small);
                case 8 -> {
                    String name = NAMES.get(random.nextInt(NAMES.size()));
                    int dot = name.lastIndexOf('.');
                    pickle.global(name.substring(0, dot), name.substring(dot + 1));
                }
                case 9 -> pickle.storage("FloatStorage", "0", 4);
                default ->
                        pickle.tensor(
                                "FloatStorage",
                                "0",
                                4,
                                small,
                                new long[] {random.nextInt(3), 1L << random.nextInt(24)},
                                new long[] {random.nextInt(3), random.nextInt(2)});
            }
        }
        return pickle.stop();
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
