package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Fuzz;
import org.naturalinversion.data.DataFileException;
import picocli.CommandLine.Model.CommandSpec;

/** Settings files with random damage: each ends in settings or in a {@link DataFileException}. */
class DamagedSettingsTest {
    private static final int COUNT = Fuzz.count(2_000);

    private static final String YAML =
            """
            # a run
            teacher: &t "a.th"
            preset: paper-cifar100
            batch: 7
            tv-weight: 2.5e-5
            classes: [0, 3, 7]
            format: {png: *t}
            no-ftp: true
            mean:
              - 0.5
              - 0.25
            """;

    private static final String JSON =
            """
            {"finished": false, "settings": {"teacher": "a.th", "batch": 64, "ftp": true,
             "mean": [0.5, 0.25], "seed": -9}, "batches": [{"index": 0, "files": {"a": "b"}}]}
            """;

    @TempDir Path folder;

    @Test
    void settingsEndInSettingsOrInOneComplaint() {
        CommandSpec command =
                Main.commandLine().getSubcommands().get("synthesize").getCommandSpec();
        Fuzz fuzz =
                new Fuzz(
                        folder.resolve("settings.yaml"),
                        DataFileException.class,
                        file -> SettingsFile.read(file, command).problems());
        List<byte[]> good =
                List.of(
                        YAML.getBytes(StandardCharsets.UTF_8),
                        JSON.getBytes(StandardCharsets.UTF_8));

        int accepted = fuzz.damage(good, COUNT, new Random(7));

        assertThat(accepted).isBetween(COUNT / 20, COUNT * 19 / 20);
    }

    @Test
    void bombsAreRefusedOrHarmless() {
        CommandSpec command =
                Main.commandLine().getSubcommands().get("synthesize").getCommandSpec();
        Fuzz fuzz =
                new Fuzz(
                        folder.resolve("bomb.yaml"),
                        DataFileException.class,
                        file -> SettingsFile.read(file, command).problems());
        StringBuilder aliases = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            String earlier = "*a" + (i - 1);
            aliases.append("a%d: &a%d [%s]\n".formatted(i, i, (earlier + ", ").repeat(9) + "x"));
        }
        fuzz.accepts(aliases.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(fuzz.accepts("[".repeat(100_000).getBytes(StandardCharsets.UTF_8))).isFalse();
        assertThat(fuzz.accepts("a: !!java.io.File [x]".getBytes(StandardCharsets.UTF_8)))
                .as("a tag makes nothing")
                .isFalse();
    }
}
