package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where it is worth saying that CUDA is missing. */
class ExpectedTest {
    @TempDir Path devices;

    @Test
    void isWhereADeviceOfNvidiaIs() throws IOException {
        assertThat(CudaProvider.hasDevice(devices.resolve("none"))).isFalse();
        add("0000:00:01.0", "0x8086");
        Files.createDirectory(devices.resolve("nameless"));
        assertThat(CudaProvider.hasDevice(devices)).isFalse();
        add("0000:3b:00.0", "0x10de");
        assertThat(CudaProvider.hasDevice(devices)).isTrue();
    }

    private void add(String device, String vendor) throws IOException {
        Path folder = Files.createDirectory(devices.resolve(device));
        Files.writeString(folder.resolve("vendor"), vendor + "\n");
    }
}
