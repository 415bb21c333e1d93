package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.method.Batch;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class PixelSpaceTest {
    private static final Normalization IMAGENET = Normalization.Preset.IMAGENET.of(3);
    private static final Normalization CIFAR10 = Normalization.Preset.CIFAR10.of(3);

    @Test
    void convertsThereAndBack() {
        HostTensor images = Samples.batch(0, List.of(0, 1), 4, 3).images();

        HostTensor there = PixelSpace.convert(images, IMAGENET, CIFAR10);
        HostTensor back = PixelSpace.convert(there, CIFAR10, IMAGENET);

        assertThat(there.toFloats()[0])
                .isCloseTo(
                        (float) ((images.toFloats()[0] * 0.229 + 0.485 - 0.4914) / 0.2470),
                        within(1e-6f));
        assertThat(back.toFloats()).containsExactly(images.toFloats(), within(1e-5f));
    }

    @Test
    void roundsToWhatPicturesHold() {
        Batch batch = Samples.batch(1, List.of(0), 8, 3);

        HostTensor rounded = PixelSpace.rounded(batch.images(), IMAGENET);

        assertThat(Picture.of(rounded, 0, IMAGENET).pixels())
                .isEqualTo(Picture.of(batch.images(), 0, IMAGENET).pixels());
        assertThat(PixelSpace.rounded(rounded, IMAGENET).toFloats())
                .containsExactly(rounded.toFloats(), within(1e-6f));
        assertThat(
                        PixelSpace.rounded(
                                        HostTensor.of(Shape.of(1, 1, 1, 1), 7f),
                                        Normalization.Preset.NONE.of(1))
                                .toFloats())
                .containsExactly(1f);
    }
}
