package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;
import static org.naturalinversion.model.io.ModelFileException.shorten;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.Shape;

/** The header of a safetensors file: what its JSON says about each tensor. */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Entry> entries) {
    /** A tensor and where its bytes lie, counted from the end of the header. */
    record Entry(DType dtype, Shape shape, long begin, long end) {}

    static final String METADATA = "__metadata__";

    private static final int HIGHEST_RANK = 64;
    private static final int ENTRY_MEMORY = 200;

    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(3)
                                    .maxNumberLength(20)
                                    .maxStringLength(Safetensors.LARGEST_HEADER)
                                    .build())
                    .build();

    /** Reads a header; what it says is checked for sense, but not yet against the file. */
    static SafetensorsHeader parse(ModelFile file, byte[] json) {
        var text =
                new InputStreamReader(
                        new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
        try (JsonParser parser = JSON.createParser(text)) {
            return new Reader(file, parser).header();
        } catch (JacksonException e) {
            throw file.refuse("has a header that is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw file.refuse("has a header that is not UTF-8", e);
        }
    }

    /** Checks that the tensors cover this many bytes of data, each byte once. */
    void requireCover(ModelFile file, long dataBytes) {
        List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
        ordered.sort(
                Map.Entry.comparingByValue(
                        Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)));
        long covered = 0;
        for (var entry : ordered) {
            long begin = entry.getValue().begin;
            if (begin != covered) {
                throw file.refuse(
                        "has tensor %s at byte %d of its data, expected byte %d: %s"
                                .formatted(
                                        quote(entry.getKey()),
                                        begin,
                                        covered,
                                        begin < covered ? "tensors overlap" : "there is a gap"));
            }
            covered = entry.getValue().end;
        }
        if (covered != dataBytes) {
            throw file.refuse(
                    "%s: its tensors need %d bytes, there are %d"
                            .formatted(
                                    covered > dataBytes ? "is cut short" : "has extra bytes",
                                    covered,
                                    dataBytes));
        }
    }

    /** Reads the header from its tokens. */
    private record Reader(ModelFile file, JsonParser json) {
        SafetensorsHeader header() throws IOException {
            Map<String, String> metadata = new LinkedHashMap<>();
            Map<String, Entry> entries = new LinkedHashMap<>();
            expect(JsonToken.START_OBJECT, "the header");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                file.spend(ENTRY_MEMORY + 2L * name.length());
                if (name.equals(METADATA)) {
                    metadata(metadata);
                } else {
                    entries.put(name, entry(name));
                }
            }
            if (json.nextToken() != null) {
                throw file.refuse("has more than one JSON object in its header");
            }
            return new SafetensorsHeader(metadata, entries);
        }

        private void metadata(Map<String, String> metadata) throws IOException {
            expect(JsonToken.START_OBJECT, METADATA);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                expect(JsonToken.VALUE_STRING, "the metadata " + quote(key));
                file.spend(ENTRY_MEMORY + 2L * (key.length() + json.getTextLength()));
                metadata.put(key, json.getText());
            }
        }

        private Entry entry(String name) throws IOException {
            String what = "tensor " + quote(name);
            DType dtype = null;
            Shape shape = null;
            long[] offsets = null;
            expect(JsonToken.START_OBJECT, what);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                switch (json.currentName()) {
                    case "dtype" -> dtype = dtype(what);
                    case "shape" -> shape = shape(what);
                    case "data_offsets" -> offsets = sizes(what);
                    default ->
                            throw file.refuse(
                                    "has the unknown field %s in %s, expected dtype, shape, data_offsets"
                                            .formatted(quote(json.currentName()), what));
                }
            }
            if (dtype == null || shape == null || offsets == null) {
                throw file.refuse(
                        "has %s without one of dtype, shape, data_offsets".formatted(what));
            }
            if (offsets.length != 2 || offsets[0] > offsets[1]) {
                throw file.refuse(
                        "has the data_offsets %s in %s, expected a begin and an end"
                                .formatted(Arrays.toString(offsets), what));
            }
            long bytes = offsets[1] - offsets[0];
            if (bytes % dtype.bytes() != 0 || bytes / dtype.bytes() != shape.elements()) {
                throw file.refuse(
                        "has %s of type %s and shape %s in %d bytes, expected %d bytes for each of %d elements"
                                .formatted(
                                        what,
                                        dtype,
                                        shape,
                                        bytes,
                                        dtype.bytes(),
                                        shape.elements()));
            }
            return new Entry(dtype, shape, offsets[0], offsets[1]);
        }

        /** The types of the format that are read here have the names of ours. */
        private DType dtype(String what) throws IOException {
            expect(JsonToken.VALUE_STRING, "the dtype of " + what);
            String name = json.getText();
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(name)) {
                    return dtype;
                }
            }
            throw file.refuse(
                    "has %s of type '%s', expected one of %s"
                            .formatted(what, shorten(name), List.of(DType.values())));
        }

        private Shape shape(String what) throws IOException {
            long[] extents = sizes(what);
            try {
                return Shape.of(extents);
            } catch (IllegalArgumentException e) {
                throw file.refuse("has %s of too many elements".formatted(what), e);
            }
        }

        private long[] sizes(String what) throws IOException {
            expect(JsonToken.START_ARRAY, what);
            long[] sizes = new long[HIGHEST_RANK];
            int count = 0;
            while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
                if (count == HIGHEST_RANK) {
                    throw file.refuse(
                            "has %s with more than %d axes".formatted(what, HIGHEST_RANK));
                }
                sizes[count] = json.getLongValue();
                if (sizes[count++] < 0) {
                    throw file.refuse("has a negative number in " + what);
                }
            }
            require(json.currentToken() == JsonToken.END_ARRAY, JsonToken.VALUE_NUMBER_INT, what);
            return Arrays.copyOf(sizes, count);
        }

        private void expect(JsonToken token, String what) throws IOException {
            require(json.nextToken() == token, token, what);
        }

        private void require(boolean condition, JsonToken expected, String what) {
            if (!condition) {
                throw file.refuse(
                        "has %s in %s of its header, expected %s"
                                .formatted(json.currentToken(), what, expected));
            }
        }
    }
}
