package org.naturalinversion.backend.jni;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.naturalinversion.backend.FreeMemory;

/**
 * What is left of main memory to this process: the least of what the machine has, what the control
 * groups that it is in may take, and what its own limits allow. The kernel kills a process that
 * exceeds a group's limit.
 *
 * @param root of the system's files; another one than / in tests
 */
record MainMemory(Path root) {
    /** System property that names another {@link #root}. */
    static final String ROOT = "ni.system.root";

    private static final String SELF = "proc/self/";

    /** Kilobytes where the system tells nothing: the allocation itself then shows it. */
    private static final long UNKNOWN = Long.MAX_VALUE >> 10;

    /** The files of a control group, in the two versions that there are. */
    private enum Version {
        ONE(
                "sys/fs/cgroup/memory",
                List.of("memory.limit_in_bytes"),
                "memory.usage_in_bytes",
                "total_inactive_file"),
        TWO(
                "sys/fs/cgroup",
                List.of("memory.max", "memory.high"),
                "memory.current",
                "inactive_file");

        private final String mount;
        private final List<String> limits;
        private final String usage;

        /** In memory.stat: copies of files, which go when somebody needs the memory. */
        private final String reclaimable;

        Version(String mount, List<String> limits, String usage, String reclaimable) {
            this.mount = mount;
            this.limits = limits;
            this.usage = usage;
            this.reclaimable = reclaimable;
        }
    }

    /** That of this machine. */
    static MainMemory here() {
        return new MainMemory(Path.of(System.getProperty(ROOT, "/")));
    }

    FreeMemory free() {
        return Stream.of(
                        lines(SELF + "cgroup").stream().flatMap(this::groups),
                        Stream.of(
                                process("Max address space", "VmSize", "ulimit -v"),
                                process("Max data size", "VmData", "ulimit -d")))
                .flatMap(limits -> limits)
                .flatMap(Optional::stream)
                .reduce(machine(), FreeMemory::least);
    }

    private FreeMemory machine() {
        List<String> facts = lines("proc/meminfo");
        return FreeMemory.of(
                "memory of the machine",
                1024 * number(facts, "MemTotal:").orElse(UNKNOWN),
                1024 * number(facts, "MemAvailable:").orElse(UNKNOWN));
    }

    /** What the process's own limit leaves, of which the system counts what it uses in kB. */
    private Optional<FreeMemory> process(String limit, String used, String name) {
        OptionalLong most = number(lines(SELF + "limits"), limit);
        OptionalLong has = number(lines(SELF + "status"), used + ":");
        return most.isPresent() && has.isPresent()
                ? Optional.of(
                        FreeMemory.of(
                                name, most.getAsLong(), most.getAsLong() - 1024 * has.getAsLong()))
                : Optional.empty();
    }

    /** What a line of /proc/self/cgroup leaves: {@code 0::/user} or {@code 4:cpu,memory:/user}. */
    private Stream<Optional<FreeMemory>> groups(String line) {
        String[] parts = line.split(":", 3);
        if (parts.length < 3) {
            return Stream.empty();
        } else if (parts[1].isEmpty()) {
            return groups(Version.TWO, parts[2]);
        }
        return List.of(parts[1].split(",", -1)).contains("memory")
                ? groups(Version.ONE, parts[2])
                : Stream.empty();
    }

    /**
     * A group and those around it. In a container the path may be that on the host: then the
     * folders are not there, and the outermost that is there is the container's own.
     */
    private Stream<Optional<FreeMemory>> groups(Version version, String path) {
        Path mount = root.resolve(version.mount);
        Path group = mount.resolve(path.replaceFirst("^/+", "")).normalize();
        return Stream.iterate(
                        group.startsWith(mount) ? group : mount,
                        g -> g.startsWith(mount),
                        Path::getParent)
                .flatMap(g -> version.limits.stream().map(limit -> group(version, g, limit)));
    }

    private Optional<FreeMemory> group(Version version, Path group, String limit) {
        OptionalLong most = number(lines(group.resolve(limit)), "");
        OptionalLong has = number(lines(group.resolve(version.usage)), "");
        if (most.isEmpty() || has.isEmpty()) {
            return Optional.empty();
        }
        long files = number(lines(group.resolve("memory.stat")), version.reclaimable).orElse(0);
        return Optional.of(
                FreeMemory.of(
                        "limit of the container",
                        most.getAsLong(),
                        most.getAsLong() - Math.max(0, has.getAsLong() - files)));
    }

    /** The number right behind a word at the start of a line; empty where it is no number. */
    private static OptionalLong number(List<String> lines, String word) {
        return lines.stream()
                .filter(line -> line.startsWith(word))
                .map(line -> line.substring(word.length()).strip().split("\\s+", 2)[0])
                .filter(number -> number.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst();
    }

    private List<String> lines(String file) {
        return lines(root.resolve(file));
    }

    /** Of a file that may not be there, on other systems or in containers. */
    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }
}
