package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.atIndex;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.method.Batch;
import org.naturalinversion.model.ImageSize;
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
    void normalisesImagesOfASet() {
        ImageSet set =
                new ImageSet() {
                    @Override
                    public int size() {
                        return 2;
                    }

                    @Override
                    public ImageSize imageSize() {
                        return new ImageSize(1, 2, 3);
                    }

                    @Override
                    public List<String> classes() {
                        return List.of("0");
                    }

                    @Override
                    public int label(int index) {
                        return 0;
                    }

                    @Override
                    public void pixels(int index, byte[] into, int offset) {
                        for (int i = 0; i < 6; i++) {
                            into[offset + i] = (byte) (index == 0 ? 0 : 250 + i);
                        }
                    }
                };

        HostTensor batch = PixelSpace.batch(set, new int[] {1, 0}, CIFAR10);

        assertThat(batch.shape()).isEqualTo(Shape.of(2, 1, 2, 3));
        assertThat(batch.toFloats())
                .startsWith((float) ((250 / 255.0 - 0.4914) / 0.2470))
                .contains((float) ((255 / 255.0 - 0.4465) / 0.2616), atIndex(5))
                .endsWith((float) (-0.4465 / 0.2616));
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
