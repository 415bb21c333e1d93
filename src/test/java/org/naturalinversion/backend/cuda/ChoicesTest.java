package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of engines; needs no device. */
class ChoicesTest {
    private final String before = System.getProperty("ni.cache");

    @TempDir private Path folder;

    @BeforeEach
    void useTheFolder() {
        System.setProperty("ni.cache", folder.toString());
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty("ni.cache");
        } else {
            System.setProperty("ni.cache", before);
        }
    }

    @Test
    void remembersForEachDeviceAndVersion() {
        Choices choices = new Choices("A card, driver 580", "9.10.0");
        assertThat(choices.find("a = b: c")).isEmpty();
        choices.put("a = b: c", 7);
        assertThat(choices.find("a = b: c")).hasValue(7);
        assertThat(folder).isEmptyDirectory();
        choices.save();
        assertThat(new Choices("A card, driver 580", "9.10.0").find("a = b: c")).hasValue(7);
        assertThat(new Choices("A card, driver 580", "9.11.0").find("a = b: c")).isEmpty();
        assertThat(new Choices("B card, driver 580", "9.10.0").find("a = b: c")).isEmpty();
    }

    @Test
    void keepsWhatAnotherHasWrittenSince() throws Exception {
        Choices one = new Choices("card", "9");
        Choices other = new Choices("card", "9");
        one.put("one", 1);
        other.put("other", 2);
        one.save();
        other.save();
        Choices both = new Choices("card", "9");
        assertThat(both.find("one")).hasValue(1);
        assertThat(both.find("other")).hasValue(2);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void doesWithoutWhatCannotBeReadOrWritten() throws Exception {
        Choices choices = new Choices("card", "9");
        choices.put("one", 1);
        choices.save();
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        Files.writeString(file, "one=\\uzzzz\ntwo=many\n");
        assertThat(new Choices("card", "9").find("one")).isEmpty();
        Files.writeString(file, "two=many\nthree=-1\nfour=4\n");
        Choices odd = new Choices("card", "9");
        assertThat(odd.find("two")).isEmpty();
        assertThat(odd.find("three")).isEmpty();
        assertThat(odd.find("four")).hasValue(4);

        System.setProperty("ni.cache", "/proc/nothing");
        Choices nowhere = new Choices("card", "9");
        nowhere.put("one", 1);
        nowhere.save();
        assertThat(nowhere.find("one")).hasValue(1);
    }
}
