package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.app.Export;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ni export}: a classifier, written for others. */
@Command(
        name = "export",
        description = "Writes a classifier as ONNX or safetensors.",
        customSynopsis = "ni export [--teacher FILE] --out FILE [options]",
        footer = {
            "",
            "Example:",
            "  ni export --teacher resnet20.th --arch resnet20-cifar --out resnet20.onnx",
            "",
            "The ONNX network takes normalised images [batch, channels, height, width] in the",
            "input image and returns logits [batch, classes]. Its metadata contains",
            "architecture, classes, input, mean and std."
        })
final class ExportCommand extends BaseCommand {
    @Mixin(name = TeacherOptions.NAME)
    private TeacherOptions teacher;

    @Mixin(name = OutputOptions.NAME)
    private OutputOptions output;

    /** Options about the file that is written. */
    static final class OutputOptions {
        static final String NAME = "Output";

        @Option(
                names = "--out",
                paramLabel = "FILE",
                description =
                        "Output file; its ending, .onnx or .safetensors, selects the format"
                                + " (required).")
        private Path file;

        @Option(
                names = "--fold",
                description =
                        "Multiply BatchNorm layers into the convolution or fully connected layer"
                                + " before them. Those after other layers remain.")
        private boolean fold;

        @Option(names = "--force", description = "Replace an existing file.")
        private boolean force;
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(teacher.problems());
        problems.addAll(new Export(null, output.file, output.fold, output.force).problems());
        return problems;
    }

    @Override
    public Integer call() {
        Export.Result result =
                new Export(teacher.source(), output.file, output.fold, output.force).run();
        print(result, out -> describe(result, out));
        return ExitCode.DONE;
    }

    private static void describe(Export.Result r, PrintWriter out) {
        out.printf("%s: %s, %,d bytes%n", r.out(), r.architecture(), r.bytes());
        out.printf("  parameters  %,d%n", r.parameters());
        if (r.nodes() != null) {
            out.printf("  nodes       %,d%n", r.nodes());
            out.printf("  BatchNorm   %d kept, %d folded%n", r.bnKept(), r.bnFolded());
        }
        out.printf("  sha256      %s%n", r.sha256());
    }
}
