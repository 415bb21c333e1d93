package org.naturalinversion.data;

import java.nio.file.Path;
import java.util.List;
import org.naturalinversion.model.ImageSize;

/** Several sets of one kind, one behind the other. */
final class JoinedImages implements ImageSet {
    private final List<? extends ImageSet> sets;

    /** Where each set begins, and where the last one ends. */
    private final int[] starts;

    private JoinedImages(List<? extends ImageSet> sets) {
        this.sets = sets;
        starts = new int[sets.size() + 1];
        for (int i = 0; i < sets.size(); i++) {
            starts[i + 1] = Math.addExact(starts[i], sets.get(i).size());
        }
    }

    /**
     * Joins sets.
     *
     * @param paths where they are from, one for each
     * @throws DataFileException if they differ in their images' size or their classes
     */
    static ImageSet of(List<Path> paths, List<? extends ImageSet> sets) {
        ImageSet first = sets.get(0);
        for (int i = 1; i < sets.size(); i++) {
            ImageSet set = sets.get(i);
            if (!set.imageSize().equals(first.imageSize())
                    || !set.classes().equals(first.classes())) {
                throw new DataFileException(
                        paths.get(i),
                        "has images of another size, or other classes, than " + paths.get(0));
            }
        }
        return sets.size() == 1 ? first : new JoinedImages(sets);
    }

    @Override
    public int size() {
        return starts[sets.size()];
    }

    @Override
    public ImageSize imageSize() {
        return sets.get(0).imageSize();
    }

    @Override
    public List<String> classes() {
        return sets.get(0).classes();
    }

    @Override
    public int label(int index) {
        int set = set(index);
        return sets.get(set).label(index - starts[set]);
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        int set = set(index);
        sets.get(set).pixels(index - starts[set], into, offset);
    }

    private int set(int index) {
        int set = 0;
        while (starts[set + 1] <= index) {
            set++;
        }
        return set;
    }
}
