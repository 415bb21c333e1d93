package org.naturalinversion.backend.jni;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of main memory, on a machine whose files are made of cardboard. */
class MainMemoryTest {
    @TempDir Path root;

    @BeforeEach
    void buildMachine() throws IOException {
        write("proc/meminfo", "MemTotal: 16000000 kB\nMemFree: 1 kB\nMemAvailable:  8000000 kB\n");
    }

    @Test
    void isWhatTheMachineHas() {
        assertFree(8_192_000_000L, "memory of the machine: 16,384 MB");
    }

    @Test
    void isWhatAGroupLeavesOfItsLimit() throws IOException {
        write("proc/self/cgroup", "0::/box\n");
        write("sys/fs/cgroup/box/memory.max", "1000000000\n");
        write("sys/fs/cgroup/box/memory.current", "300000000\n");
        assertFree(700_000_000, "limit of the container: 1,000 MB");
        // Copies of files go when somebody needs the memory.
        write("sys/fs/cgroup/box/memory.stat", "anon 1\ninactive_file 50000000\n");
        assertFree(750_000_000, "limit of the container: 1,000 MB");
        write("sys/fs/cgroup/box/memory.high", "900000000\n");
        assertFree(650_000_000, "limit of the container: 900 MB");
    }

    @Test
    void isWhatTheGroupsAroundLeave() throws IOException {
        write("proc/self/cgroup", "3:cpuset:/x\n0::/outer/inner\n");
        write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        write("sys/fs/cgroup/outer/inner/memory.current", "1\n");
        write("sys/fs/cgroup/outer/memory.max", "500000000\n");
        write("sys/fs/cgroup/outer/memory.current", "600000000\n");
        assertFree(0, "limit of the container: 500 MB");
    }

    @Test
    void understandsTheFirstVersionOfGroups() throws IOException {
        write("proc/self/cgroup", "5:cpu:/other\n4:hugetlb,memory:/box\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "7000000000\n");
        write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1000000000\n");
        write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "400000000\n");
        write("sys/fs/cgroup/memory/box/memory.stat", "inactive_file 7\ntotal_inactive_file 100\n");
        assertFree(600_000_100, "limit of the container: 1,000 MB");
    }

    /** A container sees its own group at the top, but may be told its name on the host. */
    @Test
    void looksAtTheTopWhereTheGroupIsNotThere() throws IOException {
        write("sys/fs/cgroup/memory.max", "1000000000\n");
        write("sys/fs/cgroup/memory.current", "1000000\n");
        for (String path : new String[] {"/docker/0123", "/../../../../etc", "/"}) {
            write("proc/self/cgroup", "0::" + path + "\n");
            assertFree(999_000_000, "limit of the container: 1,000 MB");
        }
    }

    @Test
    void isWhatTheLimitsOfTheProcessLeave() throws IOException {
        write(
                "proc/self/limits",
                """
                Limit                     Soft Limit           Hard Limit           Units
                Max data size             unlimited            unlimited            bytes
                Max address space         4096000000           unlimited            bytes
                """);
        write("proc/self/status", "VmSize:\t 3000000 kB\nVmData:\t  200000 kB\n");
        assertFree(1_024_000_000, "ulimit -v: 4,096 MB");
        write("proc/self/limits", "Max data size  1024000000  unlimited  bytes\n");
        assertFree(819_200_000, "ulimit -d: 1,024 MB");
    }

    @Test
    void filesThatSayNothingLimitNothing() throws IOException {
        write("proc/self/cgroup", "nonsense\n0::/box\n4:memory:/box\n");
        write("sys/fs/cgroup/box/memory.max", "\n");
        write("sys/fs/cgroup/box/memory.current", "many\n");
        write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "-1\n");
        write("proc/self/limits", "Max address space\n");
        assertFree(8_192_000_000L, "memory of the machine: 16,384 MB");
    }

    private void assertFree(long bytes, String of) {
        assertThat(new MainMemory(root).free().bytes()).isEqualTo(bytes);
        assertThat(new MainMemory(root).free().of()).isEqualTo(of);
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
