package org.naturalinversion.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.AtomicFiles.Content;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** A sum is right as soon as somebody has made it: what it is of may still be nonsense. */
class TrainingStateTest {
    private static final List<Epoch> EPOCHS = List.of(new Epoch(1, 2, 1, 0.5, Double.NaN));
    private static final Map<String, HostTensor> TENSORS =
            Map.of("a", HostTensor.of(Shape.of(2), 1f, 2f));

    @TempDir Path folder;

    @Test
    void isReadAsItWasWritten() {
        TrainingState state = new TrainingState(EPOCHS, TENSORS, Map.of(), Map.of(), "sum");
        TrainingState read = read(state.content());
        assertThat(read.settings()).isEqualTo("sum");
        assertThat(read.epochs()).isEqualTo(EPOCHS);
    }

    @Test
    void needsEpochsAndSettings() {
        assertNoState(new TrainingState(EPOCHS, TENSORS, Map.of(), Map.of(), "").content());
        assertNoState(new TrainingState(List.of(), TENSORS, Map.of(), Map.of(), "sum").content());
        for (String name : List.of("epochs", "settings_sha256")) {
            String value = name.equals("epochs") ? Epoch.outcomes(EPOCHS) : "sum";
            String sum = Sha256.of((name + "\0" + value + "\0").getBytes(UTF_8));
            assertNoState(Safetensors.content(Map.of(name, value, "sha256", sum), Map.of()));
        }
    }

    /** Every "cannot" ends in its reason. */
    @Test
    void saysWhyAFileOfATrainingCannotBeRead() throws IOException {
        Path record = Files.writeString(folder.resolve(TrainingFolder.RECORD), "{\"settings\": ");
        assertThatThrownBy(() -> TrainingFolder.names(folder, "data", "x"))
                .hasMessage(record + ": is not the record of a training: it is not JSON");
        Files.delete(record);
        Path table = Files.write(folder.resolve("epochs.csv"), new byte[] {-1, 10});
        assertThatThrownBy(
                        () ->
                                TrainingFolder.open(
                                        folder,
                                        new TrainingFolder.Record(
                                                null, null, Map.of(), List.of(), 1, 1)))
                .hasMessage(table + ": is not text in ASCII");
    }

    private void assertNoState(Content content) {
        assertThatThrownBy(() -> read(content))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("state.safetensors: is not the state of a training: ");
    }

    private TrainingState read(Content content) {
        Path file = folder.resolve("state.safetensors");
        AtomicFiles.write(file, content);
        return TrainingState.read(file);
    }
}
