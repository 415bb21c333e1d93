package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.data.Picture;
import org.naturalinversion.data.Png;
import org.naturalinversion.model.io.Printable;

/** Whatever names are in files, what is printed of them steers no terminal and breaks no line. */
class HostileNamesTest {
    @TempDir static Path folder;
    private static Path exported;

    @BeforeAll
    static void export() {
        exported = folder.resolve("plain.onnx");
        assertThat(Cli.run("export", "--out", exported).code()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u001b[2J", "\u009b2J", "\u202e", "\n", "\u2028", "\udb40\udc01"})
    void areNotPrinted(String evil) throws IOException {
        Path network = network(evil);
        for (Cli inspected :
                new Cli[] {
                    Cli.run("inspect", network, "--backend=cpu"),
                    Cli.run("inspect", network, "--backend=cpu", "--json"),
                    Cli.run("inspect", network, "--backend=cpu", "-v", "--batch=0")
                }) {
            assertPlain(inspected);
        }
        Cli inspected = Cli.run("inspect", network, "--backend=cpu");
        assertThat(inspected.code()).as(inspected.err()).isZero();
        assertThat(inspected.out())
                .contains(
                        "network" + Printable.line(evil) + "x: ",
                        "at 32 x 32: bn" + Printable.line(evil));

        Path settings = folder.resolve("settings.yaml");
        Files.writeString(settings, "{\"a" + json(evil) + "\": 1}");
        Cli config = Cli.run("synthesize", "--config", settings, "-v");
        assertThat(config.code()).isEqualTo(ExitCode.USAGE);
        assertThat(config.err())
                .contains("'a" + (evil.matches("\\R") ? " " : Printable.line(evil)));
        assertPlain(config);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u001b[2J", "\u009b2J", "\u202e", "\n"})
    void ofClassesAreNotPrinted(String evil, @TempDir Path data) throws IOException {
        Path images = Files.createDirectory(data.resolve("cat" + evil + "x"));
        Files.write(images.resolve("a.png"), Png.encode(Picture.blank(32, 32, 3, 9), Map.of()));
        Cli evaluated = Cli.run("evaluate", "--data", data, "--backend=cpu");
        assertThat(evaluated.code()).as(evaluated.err()).isZero();
        assertThat(evaluated.out()).contains("cat" + Printable.line(evil) + "x");
        assertPlain(evaluated);
        Files.writeString(images.resolve("a.png"), "no picture");
        assertPlain(Cli.run("evaluate", "--data", data, "--backend=cpu", "-v"));
    }

    /** The command that resumes a run is one that a shell understands, whatever it is called. */
    @Test
    void ofFoldersAreEscapedForShells() throws Exception {
        for (String name :
                new String[] {"plain", "two words", "it's", "\u001b[2J", "'\\\u202e", "\n"}) {
            String command = Shell.ni("--out", name);
            assertThat(command.codePoints().allMatch(Printable::isPlain)).isTrue();
            Process bash =
                    new ProcessBuilder("bash", "-c", "ni() { printf %s \"$2\"; }; " + command)
                            .start();
            assertThat(new String(bash.getInputStream().readAllBytes(), UTF_8)).isEqualTo(name);
        }
    }

    private static void assertPlain(Cli cli) {
        assertThat(
                        (cli.out() + cli.err())
                                .replace(System.lineSeparator(), "")
                                .replace("\t", "")
                                .codePoints())
                .allMatch(Printable::isPlain);
    }

    private static String json(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> escaped.append("\\u%04x".formatted(c)));
        return escaped.toString();
    }

    /** The exported network, whose architecture and first BatchNorm layer have other names. */
    private static Path network(String evil) throws IOException {
        OnnxMl.ModelProto model = OnnxMl.ModelProto.parseFrom(Files.readAllBytes(exported));
        OnnxMl.ModelProto.Builder changed = model.toBuilder();
        changed.getMetadataPropsBuilderList().stream()
                .filter(entry -> entry.getKey().equals("architecture"))
                .forEach(entry -> entry.setValue("network" + evil + "x"));
        OnnxMl.GraphProto.Builder graph = changed.getGraphBuilder();
        Map<String, String> renamed = Map.of("bn1.running_mean", "bn" + evil + "x.running_mean");
        graph.getInitializerBuilderList()
                .forEach(
                        tensor ->
                                tensor.setName(
                                        renamed.getOrDefault(tensor.getName(), tensor.getName())));
        for (OnnxMl.NodeProto.Builder node : graph.getNodeBuilderList()) {
            for (int i = 0; i < node.getInputCount(); i++) {
                node.setInput(i, renamed.getOrDefault(node.getInput(i), node.getInput(i)));
            }
        }
        return Files.write(folder.resolve("evil.onnx"), changed.build().toByteArray());
    }
}
