package org.naturalinversion.app;

import java.util.List;
import java.util.Map;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.tensor.HostTensor;

/** Makes batches and looks at what it made. Each is used by one thread at a time. */
interface Maker extends AutoCloseable {
    /**
     * What has been seen in a batch.
     *
     * @param logits the teacher's, [N, classes]
     * @param correct how many images are put into their class, by who looks and at what
     */
    record Look(HostTensor logits, Map<String, Integer> correct) {}

    /**
     * Makes a batch.
     *
     * @throws Inversion.StoppedException if the listener asked for it
     */
    Batch make(int index, List<Integer> targets, Inversion.Listener listener);

    /** Looks at images with all classifiers that there are. */
    Look look(Batch batch);

    @Override
    void close();
}
