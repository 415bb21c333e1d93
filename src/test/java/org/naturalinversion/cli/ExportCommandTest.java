package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;

class ExportCommandTest {
    @TempDir private Path folder;

    @Test
    void writesOnnx() throws Exception {
        Path out = folder.resolve("resnet20.onnx");

        Cli made = export(out, "--fold", "--json");

        assertThat(made.err()).isEmpty();
        assertThat(made.code()).isZero();
        JsonNode json = new ObjectMapper().readTree(made.out());
        assertThat(json.path("out").textValue()).isEqualTo(out.toString());
        assertThat(json.path("format").textValue()).isEqualTo("onnx");
        assertThat(json.path("sha256").textValue()).isEqualTo(Sha256.of(out));
        assertThat(json.path("bytes").longValue()).isEqualTo(Files.size(out));
        assertThat(json.path("architecture").textValue()).isEqualTo("resnet20-cifar");
        assertThat(json.path("parameters").intValue()).isEqualTo(269_722);
        assertThat(json.path("nodes").intValue()).isPositive();
        assertThat(json.path("bn_kept").intValue()).isZero();
        assertThat(json.path("bn_folded").intValue()).isEqualTo(19);
        assertThat(folder.toFile().list()).containsExactly("resnet20.onnx");
    }

    @Test
    void writesSafetensorsThatNeedNothingBesideThem() throws Exception {
        Path out = folder.resolve("resnet20.safetensors");

        Cli made = export(out, "--normalize", "cifar10");

        assertThat(made.code()).isZero();
        assertThat(made.out())
                .contains(out + ": resnet20-cifar", "269,722", Sha256.of(out))
                .doesNotContain("nodes");
        Classifier original = ClassifierReader.read(teacher(), "resnet20-cifar", null, null);
        Classifier read = ClassifierReader.read(out, null, null, null);
        assertThat(original.weights()).containsAllEntriesOf(read.weights());
        assertThat(read.normalization()).isEqualTo(Normalization.Preset.CIFAR10.of(3));
    }

    @Test
    void replacesAFileOnlyIfTold() throws Exception {
        Path out = Files.writeString(folder.resolve("mine.onnx"), "mine");

        Cli refused = export(out);
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains(out + " already exists; --force replaces it");
        assertThat(out).hasContent("mine");

        assertThat(export(out, "--force").code()).isZero();
        assertThat(Files.size(out)).isGreaterThan(1_000_000);
    }

    @Test
    void refusesWhatMakesNoSense() throws Exception {
        Cli nothing = Cli.run("export");
        assertThat(nothing.code()).isEqualTo(ExitCode.USAGE);
        assertThat(nothing.err()).contains("out is missing");

        Cli unknown = export(folder.resolve("net.pt"));
        assertThat(unknown.code()).isEqualTo(ExitCode.USAGE);
        assertThat(unknown.err()).contains("out must end in .onnx or .safetensors");

        Cli folded = export(folder.resolve("net.safetensors"), "--fold");
        assertThat(folded.code()).isEqualTo(ExitCode.USAGE);
        assertThat(folded.err()).contains("fold is for .onnx only");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysWhatCannotBeReadOrWritten() throws Exception {
        Path no = Files.writeString(folder.resolve("no.th"), "not a model");
        Cli unread = Cli.run("export", "--teacher", no, "--out", folder.resolve("net.onnx"));
        assertThat(unread.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(unread.err()).contains(no + ": begins with");

        Cli unwritten = export(folder.resolve("none/net.onnx"));
        assertThat(unwritten.code()).isEqualTo(ExitCode.FAILED);
        assertThat(unwritten.err())
                .contains("none/net.onnx: cannot be written: there is no folder");
        assertThat(folder.toFile().list()).containsExactly("no.th");
    }

    private static Cli export(Path out, String... more) throws URISyntaxException {
        Object[] all = new Object[6 + more.length];
        System.arraycopy(
                new Object[] {
                    "export", "--teacher", teacher(), "--arch=resnet20-cifar", "--out", out
                },
                0,
                all,
                0,
                6);
        System.arraycopy(more, 0, all, 6, more.length);
        return Cli.run(all);
    }

    private static Path teacher() throws URISyntaxException {
        return Path.of(ExportCommandTest.class.getResource("/models/resnet20-12fca82f.th").toURI());
    }
}
