package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
    @ParameterizedTest
    @CsvSource({
        "linear.weight, linear.weight",
        "linear.weight, fc.weight",
        "fc.bias, classifier.bias",
        "classifier.1.weight, fc.weight",
        "classifier.weight, classifier.6.weight",
        "layer2.0.shortcut.1.running_var, layer2.0.downsample.1.running_var",
        "features.40.bias, features.module.40.bias",
        "conv1.weight, net.module.conv1.weight",
        "layer1.0.conv1.weight, backbone.layer1.0.conv1.weight",
        "block2.layer.0.convShortcut.weight, block2.layer.0.shortcut.0.weight"
    })
    void otherCodeBasesNamesAreUnderstood(String expected, String found) {
        assertThat(new Names(List.of("other", found)).of(List.of(expected, "more")))
                .containsExactly(Map.entry(expected, found));
    }

    @Test
    void aNameThatIsRightComesBeforeOneThatMeansTheSame() {
        assertThat(new Names(List.of("fc.weight", "linear.weight")).of(List.of("linear.weight")))
                .containsExactly(Map.entry("linear.weight", "linear.weight"));
    }

    @Test
    void namesThatCouldMeanTwoTensorsMeanNone() {
        assertThat(new Names(List.of("fc.weight", "head.weight")).of(List.of("linear.weight")))
                .isEmpty();
        assertThat(new Names(List.of("fc.weight")).of(List.of("linear.weight", "head.weight")))
                .isEmpty();
    }

    @Test
    void severalLastLayersKeepTheirOrder() {
        assertThat(
                        new Names(List.of("net.classifier.0.weight", "net.classifier.3.weight"))
                                .of(List.of("classifier.0.weight", "classifier.3.weight")))
                .containsEntry("classifier.0.weight", "net.classifier.0.weight")
                .containsEntry("classifier.3.weight", "net.classifier.3.weight");
    }
}
