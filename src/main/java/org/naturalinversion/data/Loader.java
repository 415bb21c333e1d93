package org.naturalinversion.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Shuffled, augmented, normalised batches of an image set, for training. The next batch is made by
 * a thread of its own while the present one is worked on. What an epoch consists of follows from
 * the seed and its number alone. Images that do not fill a last batch are left out of the epoch.
 */
public final class Loader implements AutoCloseable {
    private static final int PIXEL_VALUES = 256;

    /**
     * Images with their labels.
     *
     * @param images float32 [N, H, W, C], normalised
     * @param labels int32 [N]
     */
    public record Batch(HostTensor images, HostTensor labels) {}

    private final ImageSet set;
    private final Augmentation augmentation;
    private final int batch;
    private final long seed;

    /** What a pixel of a channel becomes, [C][256]. */
    private final float[][] normalised;

    private final ExecutorService worker =
            Executors.newSingleThreadExecutor(
                    task -> {
                        Thread thread = new Thread(task, "loader");
                        thread.setDaemon(true);
                        return thread;
                    });

    /**
     * Prepares to load.
     *
     * @param batch how many images make a batch; no more than there are
     */
    public Loader(
            ImageSet set,
            Normalization normalization,
            Augmentation augmentation,
            int batch,
            long seed) {
        this.set = set;
        this.augmentation = augmentation;
        this.batch = batch;
        this.seed = seed;
        int channels = set.imageSize().channels();
        Normalization ofChannels = normalization.forChannels(channels);
        normalised = new float[channels][PIXEL_VALUES];
        for (int c = 0; c < channels; c++) {
            for (int pixel = 0; pixel < PIXEL_VALUES; pixel++) {
                normalised[c][pixel] = (float) ofChannels.normalised(c, pixel / 255.0);
            }
        }
    }

    /** How many batches make an epoch. */
    public int batches() {
        return set.size() / batch;
    }

    /** The batches of an epoch. */
    public Iterable<Batch> epoch(int number) {
        int[] order = order(number);
        return () ->
                new Iterator<>() {
                    private int taken;
                    private CompletableFuture<Batch> next = later(number, order, 0);

                    @Override
                    public boolean hasNext() {
                        return taken < batches();
                    }

                    @Override
                    public Batch next() {
                        if (!hasNext()) {
                            throw new NoSuchElementException();
                        }
                        Batch present = await(next);
                        taken++;
                        next = hasNext() ? later(number, order, taken) : null;
                        return present;
                    }
                };
    }

    private static Batch await(CompletableFuture<Batch> batch) {
        try {
            return batch.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private CompletableFuture<Batch> later(int epoch, int[] order, int index) {
        return CompletableFuture.supplyAsync(() -> batch(epoch, order, index), worker);
    }

    private int[] order(int epoch) {
        int[] order = IntStream.range(0, set.size()).toArray();
        SplittableRandom random = random(epoch, -1);
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    private Batch batch(int epoch, int[] order, int index) {
        ImageSize size = set.imageSize();
        int values = size.height() * size.width() * size.channels();
        byte[] pixels = new byte[values];
        float[] row = new float[size.width() * size.channels()];
        int[] labels = new int[batch];
        ByteBuffer images =
                ByteBuffer.allocate(Math.multiplyExact(batch, values * Float.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < batch; i++) {
            int position = index * batch + i;
            SplittableRandom random = random(epoch, position);
            set.pixels(order[position], pixels, 0);
            labels[i] = set.label(order[position]);
            int range = 2 * augmentation.padding() + 1;
            int down = random.nextInt(range) - augmentation.padding();
            int right = random.nextInt(range) - augmentation.padding();
            boolean mirrored = augmentation.flip() && random.nextBoolean();
            for (int y = 0; y < size.height(); y++) {
                cut(pixels, y + down, right, mirrored, row);
                images.asFloatBuffer().put(row);
                images.position(images.position() + row.length * Float.BYTES);
            }
        }
        Shape shape = Shape.of(batch, size.height(), size.width(), size.channels());
        return new Batch(
                new HostTensor(DType.F32, shape, images.flip()),
                HostTensor.of(Shape.of(batch), labels));
    }

    /** One row of an image that is cut out of a black surrounding. */
    private void cut(byte[] pixels, int y, int right, boolean mirrored, float[] row) {
        int width = set.imageSize().width();
        int channels = normalised.length;
        boolean outside = y < 0 || y >= set.imageSize().height();
        for (int x = 0; x < width; x++) {
            int from = (mirrored ? width - 1 - x : x) + right;
            boolean black = outside || from < 0 || from >= width;
            for (int c = 0; c < channels; c++) {
                int pixel = black ? 0 : pixels[(y * width + from) * channels + c] & 0xff;
                row[x * channels + c] = normalised[c][pixel];
            }
        }
    }

    /** Draws of their own for every place in every epoch. */
    private SplittableRandom random(int epoch, int position) {
        long place = ((long) epoch << Integer.SIZE) + position;
        return new SplittableRandom(new SplittableRandom(seed ^ place).nextLong() + place);
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
