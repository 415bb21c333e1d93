package org.naturalinversion.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How Maven has CMake configure: a small project, that moves or gets another compiler. */
class ConfigureTest {
    @TempDir Path folder;
    private Path project;
    private Path tools;
    private String said = "";
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeProject() throws IOException {
        project = folder.resolve("one");
        tools = Files.createDirectories(folder.resolve("tools"));
        Files.createDirectories(project.resolve("cmake"));
        Files.copy(Path.of("cmake/configure.cmake"), project.resolve("cmake/configure.cmake"));
        Files.writeString(project.resolve("main.cpp"), "int main() { return VALUE; }\n");
        Files.writeString(
                project.resolve("CMakeLists.txt"),
                """
                cmake_minimum_required(VERSION 3.22)
                project(small LANGUAGES CXX)
                set(NI_VALUE 0 CACHE STRING "a list")
                list(LENGTH NI_VALUE length)
                add_executable(small main.cpp)
                target_compile_definitions(small PRIVATE VALUE=${length})
                """);
    }

    @Test
    void keepsWhatWasBuilt() throws Exception {
        assertThat(configure()).as(said).isZero();
        Path object = Files.createFile(project.resolve("target/cmake/main.o"));
        assertThat(configure()).as(said).isZero();
        assertThat(object).exists();
    }

    @Test
    void beginsAnewWhereTheSourcesMoved() throws Exception {
        assertThat(configure()).as(said).isZero();
        Files.createFile(project.resolve("target/cmake/main.o"));
        project = Files.move(project, folder.resolve("another"));
        assertThat(configure()).as(said).isZero();
        assertThat(project.resolve("target/cmake/main.o")).doesNotExist();
        assertThat(run("cmake", "--build", "target/cmake")).as(said).isZero();
        assertThat(run(project + "/target/cmake/small")).isEqualTo(2);
    }

    @Test
    void beginsAnewAfterACompilerThatFailed() throws Exception {
        compiler("echo 'c++ 1.0'; exit 1");
        assertThat(configure()).isNotZero();
        Files.delete(tools.resolve("c++"));
        assertThat(configure()).as(said).isZero();
    }

    @Test
    void beginsAnewWithAnotherVersionOfTheCompiler() throws Exception {
        compiler("[ \"$1\" = --version ] && echo 'c++ 1.0' || exec /usr/bin/g++ \"$@\"");
        assertThat(configure()).as(said).isZero();
        Path object = Files.createFile(project.resolve("target/cmake/main.o"));
        compiler("[ \"$1\" = --version ] && echo 'c++ 2.0' || exec /usr/bin/g++ \"$@\"");
        assertThat(configure()).as(said).isZero();
        assertThat(object).doesNotExist();
    }

    @Test
    void beginsAnewInAnotherEnvironment() throws Exception {
        assertThat(configure()).as(said).isZero();
        Path object = Files.createFile(project.resolve("target/cmake/main.o"));
        environment.put("CMAKE_BUILD_TYPE", "Debug");
        assertThat(configure()).as(said).isZero();
        assertThat(object).doesNotExist();
    }

    @Test
    void emptiesOnlyBuildFolders() throws Exception {
        Path work = project.resolve("target/cmake/my work.txt");
        Files.createDirectories(work.getParent());
        Files.writeString(work, "mine");
        assertThat(configure()).isNotZero();
        assertThat(said).contains("is not a build folder of CMake");
        assertThat(work).hasContent("mine");
        Files.delete(work);
        assertThat(configure()).as(said).isZero();
    }

    private void compiler(String body) throws IOException {
        Path file = tools.resolve("c++");
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private int configure() throws Exception {
        return run(
                "cmake", "-P", "cmake/configure.cmake", "--", "target/cmake", "-DNI_VALUE=80;90a");
    }

    private int run(String... command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true);
        builder.environment().merge("PATH", tools.toString(), (path, first) -> first + ":" + path);
        builder.environment().remove("CXX");
        builder.environment().putAll(environment);
        Process process = builder.start();
        said = new String(process.getInputStream().readAllBytes(), UTF_8);
        return process.waitFor();
    }
}
