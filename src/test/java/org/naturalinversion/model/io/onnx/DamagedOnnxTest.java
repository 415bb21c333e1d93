package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Fuzz;
import org.naturalinversion.model.io.ModelFileException;

/** Reads good files of all operators with random damage; {@code -Dni.fuzz=1000000} for more. */
class DamagedOnnxTest {
    private static final int COUNT = Fuzz.count(4000);

    @TempDir private Path folder;

    @Test
    void endsInAClassifierOrInOneComplaint() {
        List<byte[]> seeds = Nets.all().map(net -> net.files(0).build().toByteArray()).toList();
        Fuzz fuzz =
                new Fuzz(folder.resolve("damaged.onnx"), ModelFileException.class, Agreement::read);
        int accepted = fuzz.damage(seeds, COUNT, new Random(9));
        assertThat(accepted).as("files that are still good").isBetween(COUNT / 100, COUNT * 3 / 4);
    }
}
