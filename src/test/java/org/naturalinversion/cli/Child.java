package org.naturalinversion.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.naturalinversion.Jvm;

/** A program of its own: what ends with a process can be tested in no other. */
final class Child {
    private Child() {}

    /** The command that runs a class as this test's virtual machine would. */
    static List<String> java(Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>(Jvm.command());
        command.add("-XX:TieredStopAtLevel=1");
        System.getProperties().stringPropertyNames().stream()
                .filter(
                        name ->
                                name.startsWith("org.bytedeco.")
                                        || name.equals("java.awt.headless"))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return command;
    }

    /** Starts a command whose output and errors come together. */
    static Process start(List<String> command) throws IOException {
        // A shell's child in the background ignores SIGINT, and so would its own children.
        List<String> heard = new ArrayList<>(List.of("env", "--default-signal=INT"));
        heard.addAll(command);
        return new ProcessBuilder(heard).redirectErrorStream(true).start();
    }

    /** The same command for a shell. */
    static String quoted(List<String> command) {
        return command.stream()
                .map(word -> "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }
}
