package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.naturalinversion.model.io.PickleWriter.pickle;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.model.io.Unpickler.Dict;
import org.naturalinversion.model.io.Unpickler.Inert;
import org.naturalinversion.model.io.Unpickler.Maker;
import org.naturalinversion.model.io.Unpickler.PyList;
import org.naturalinversion.model.io.Unpickler.Tuple;

class UnpicklerTest {
    @TempDir Path folder;

    static Stream<Arguments> values() {
        return Stream.of(
                value("None", null, p -> p.op("N")),
                value("true", true, p -> p.op(0x88)),
                value("false", false, p -> p.op(0x89)),
                value("true as text", true, p -> p.op("I01\n")),
                value("false as text", false, p -> p.op("I00\n")),
                value("INT", -12L, p -> p.op("I-12\n")),
                value("BININT", -2L, p -> p.op("J").i32(-2)),
                value("BININT1", 200L, p -> p.op("K").op(200)),
                value("BININT2", 0xff01L, p -> p.op("M").op(1, 255)),
                value("LONG", 123456789012L, p -> p.op("L123456789012L\n")),
                value("LONG1 of 0", 0L, p -> p.op(0x8a, 0)),
                value("LONG1 of -1", -1L, p -> p.op(0x8a, 1, 255)),
                value("LONG1 of 255", 255L, p -> p.op(0x8a, 2, 255, 0)),
                value("LONG1 of 2^63", BigInteger.ONE.shiftLeft(63), p -> power63(p.op(0x8a, 9))),
                value("LONG4", 3L, p -> p.op(0x8b).i32(1).op(3)),
                value("FLOAT", -0.5, p -> p.op("F-0.5\n")),
                value("BINFLOAT", 1.0, p -> p.op("G").op(0x3f, 0xf0, 0, 0, 0, 0, 0, 0)),
                value("STRING", "ab", p -> p.op("S'ab'\n")),
                value("SHORT_BINSTRING", "\u00e9", p -> p.op("U").op(1, 0xe9)),
                value("BINSTRING", "ab", p -> p.op("T").i32(2).op("ab")),
                value("UNICODE", "ab", p -> p.op("Vab\n")),
                value("BINUNICODE", "\u00e9", p -> p.op("X").i32(2).op(0xc3, 0xa9)),
                value("SHORT_BINUNICODE", "ab", p -> p.op(0x8c, 2).op("ab")),
                value("BINUNICODE8", "ab", p -> p.op(0x8d).i64(2).op("ab")),
                value("SHORT_BINBYTES", new Inert("bytes"), p -> p.op("C").op(1, 0)),
                value("BINBYTES", new Inert("bytes"), p -> p.op("B").i32(2).op(1, 0)),
                value("BINBYTES8", new Inert("bytes"), p -> p.op(0x8e).i64(1).op(0)),
                value("BYTEARRAY8", new Inert("bytes"), p -> p.op(0x96).i64(1).op(0)),
                value("EMPTY_TUPLE", List.of(), p -> p.op(")")),
                value("TUPLE1", List.of(1L), p -> p.op("K").op(1).op(0x85)),
                value("TUPLE2", List.of(true, false), p -> p.op(0x88, 0x89, 0x86)),
                value("TUPLE3", Arrays.asList(true, null, false), p -> p.op(0x88, 'N', 0x89, 0x87)),
                value("TUPLE", List.of(true), p -> p.op('(', 0x88, 't')),
                value("EMPTY_LIST, APPEND", List.of("list", true), p -> p.op(']', 0x88, 'a')),
                value(
                        "APPENDS",
                        List.of("list", true, false),
                        p -> p.op(']', '(', 0x88, 0x89, 'e')),
                value("LIST", List.of("list", true), p -> p.op('(', 0x88, 'l')),
                value("SETITEM", List.of("dict", "k", true), p -> p.op("}Vk\n").op(0x88, 's')),
                value("SETITEMS", List.of("dict", "k", true), p -> p.op("}(Vk\n").op(0x88, 'u')),
                value("DICT", List.of("dict", "k", true), p -> p.op("(Vk\n").op(0x88, 'd')),
                value(
                        "the later of two",
                        List.of("dict", true, 2L),
                        p -> p.op("(\u0088NI01\nI2\nd")),
                value("EMPTY_SET, ADDITEMS", new Inert("set"), p -> p.op(0x8f, '(', 0x88, 0x90)),
                value("FROZENSET", new Inert("set"), p -> p.op('(', 0x88, 0x91)),
                value("POP", true, p -> p.op(0x88, 0x89, '0')),
                value("POP_MARK", true, p -> p.op(0x88, '(', 0x89, 0x89, '1')),
                value("DUP", List.of(true, true), p -> p.op(0x88, '2', 0x86)),
                value("PUT, GET", List.of(true, true), p -> p.op(0x88).op("p7\ng7\n").op(0x86)),
                value("BINPUT, BINGET", Arrays.asList(null, null), p -> p.op("Nq\7h\7").op(0x86)),
                value(
                        "LONG_BINPUT, LONG_BINGET",
                        List.of(true, true),
                        p -> p.op(0x88).op("r").i32(-1).op("j").i32(-1).op(0x86)),
                value("MEMOIZE", List.of(true, true), p -> p.op(0x88, 0x94, 'h', 0, 0x86)),
                value("FRAME", true, p -> p.op(0x95).i64(1).op(0x88)),
                value("PROTO 5", true, p -> p.op(0x80, 5, 0x88)),
                value(
                        "GLOBAL, REDUCE",
                        List.of(true),
                        p -> p.op("ctest\necho\n").op(0x88, 0x85, 'R')),
                value(
                        "STACK_GLOBAL, NEWOBJ",
                        List.of(true),
                        p -> p.op("Vtest\nVecho\n").op(0x93, 0x88, 0x85, 0x81)),
                value(
                        "NEWOBJ_EX",
                        List.of(true),
                        p -> p.op("ctest\necho\n").op(0x88, 0x85, '}', 0x92)),
                value("OBJ", List.of(true), p -> p.op("(ctest\necho\n").op(0x88, 'o')),
                value("INST", List.of(true), p -> p.op('(', 0x88).op("itest\necho\n")),
                value("BUILD", List.of("dict"), p -> p.op("}}b")),
                value("BINPERSID", "kept 3", p -> p.op("I3\nQ")));
    }

    private static PickleWriter power63(PickleWriter pickle) {
        return pickle.op(0, 0, 0, 0, 0, 0, 0, 128, 0);
    }

    private static Arguments value(
            String name, Object expected, UnaryOperator<PickleWriter> program) {
        return Arguments.of(name, expected, program.apply(new PickleWriter()).stop());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("values")
    void builds(String name, Object expected, byte[] pickle) throws IOException {
        assertThat(plain(load(pickle))).as(name).isEqualTo(expected);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal("cut short", pickle().op("X").i32(100).op("abc")),
                refusal("cut short", pickle().op("X").i32(-1).op("abc")),
                refusal("cut short", pickle().op("T").i32(-1).op("abc")),
                refusal("cut short", pickle().op(0x8d).i64(Long.MIN_VALUE).op("abc")),
                refusal("cut short", pickle().op(0x8e).i64(1L << 40).op("abc")),
                refusal("cut short", pickle().op("J").op(1)),
                refusal("cut short", pickle().op("Vno end")),
                refusal("more than 1024 bytes of text", pickle().op("V" + "x".repeat(2000))),
                refusal("an integer of 256 bytes", pickle().op(0x8b).i32(256)),
                refusal("not UTF-8", pickle().op("X").i32(1).op(0xff)),
                refusal("text that is not a number", pickle().op("I0x1\n")),
                refusal("text that is not a number", pickle().op("Fone\n")),
                refusal("text with an escape", pickle().op("S'a\\n'\n")),
                refusal("text without quotes", pickle().op("S'\n")),
                refusal("opcode 0x00", pickle().op(0)),
                refusal("opcode 0x50", pickle().op("P1\n")),
                refusal("opcode 0x82", pickle().op(0x82, 1)),
                refusal("opcode 0x97", pickle().op(0x97)),
                refusal("protocol 6", pickle().op(0x80, 6)),
                refusal("a missing value is used", pickle()),
                refusal("a missing value is used", pickle().op("N(0")),
                refusal("a missing value is used", pickle().op("(")),
                refusal("2 missing values are used", pickle().op('N', 0x86)),
                refusal("2 missing values are used", pickle().op('N', '(', 'N', 0x86)),
                refusal("a missing mark is used", pickle().op("t")),
                refusal("memo 3 is read before it is written", pickle().op("h\3")),
                refusal("appended to something that is not a list", pickle().op("}Na")),
                refusal("appended to something that is not a list", pickle().op(")Na")),
                refusal("set in something that is not a dict", pickle().op("]NNs")),
                refusal("a key without a value", pickle().op("}(Nu")),
                refusal("a name that is not text", pickle().op('N', 'N', 0x93)),
                refusal("arguments that are not a tuple", pickle().op("ctest\necho\n]R")),
                refusal("called that is not a function", pickle().op("})R")),
                refusal("nothing to call", pickle().op("(o")),
                refusal("nested more than 16384 deep", pickle().op("(".repeat(20_000))),
                refusal("more than 1048576 values at once", pickle().op("N".repeat(1_100_000))),
                refusal("four times its own", pickle().op("}0".repeat(100_000))),
                refusal("four times its own", pickle().op("N").op(memos(40_000))),
                refusal("no test.run here", pickle().op("ctest\nrun\n")));
    }

    private static String memos(int count) {
        StringBuilder program = new StringBuilder();
        for (int i = 0; i < count; i++) {
            program.append("r").append((char) (i & 0xff)).append((char) (i >> 8)).append("\0\0");
        }
        return program.toString();
    }

    private static Arguments refusal(String complaint, PickleWriter pickle) {
        return Arguments.of(complaint, pickle.stop());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void refuses(String complaint, byte[] pickle) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> load(pickle))
                .withMessageContaining(complaint);
    }

    @Test
    void leavesTheCursorBehindThePickle() throws IOException {
        Path path = folder.resolve("two.pkl");
        Files.write(path, new byte[] {'N', '.', (byte) 0x88, '.'});
        try (ModelFile file = ModelFile.open(path)) {
            Cursor in = new Cursor(file, file.all());

            assertThat(Unpickler.load(file, in, new Echo())).isNull();
            assertThat(in.position()).isEqualTo(2);
            assertThat(Unpickler.load(file, in, new Echo())).isEqualTo(true);
        }
    }

    @Test
    void buildsContainersThatContainThemselves() throws IOException {
        Dict dict = (Dict) load(pickle().op("}q\0Vself\nh\0sh\0h\0h\0sh\0").stop());

        assertThat(dict.entries.get("self")).isSameAs(dict);
        assertThat(dict.entries.get(dict)).isSameAs(dict);
    }

    @Test
    void readsTextAcrossTheEdgeOfItsWindow() throws IOException {
        PickleWriter pickle = pickle().op("(");
        for (int i = 0; i < 5000; i++) {
            pickle.text("tensor " + i).op("0K").op(7).op("0M").op(1, 2).op("0");
        }

        assertThat(plain(load(pickle.op("Vend\nt").stop()))).isEqualTo(List.of("end"));
    }

    private Object load(byte[] pickle) throws IOException {
        Path path = folder.resolve("test.pkl");
        Files.write(path, pickle);
        try (ModelFile file = ModelFile.open(path)) {
            return Unpickler.load(file, new Cursor(file, file.all()), new Echo());
        }
    }

    /** A value in the terms of Java's collections, where a list and a dict begin with a word. */
    private static Object plain(Object value) {
        List<Object> items = new ArrayList<>();
        if (value instanceof Tuple tuple) {
            return tuple.items;
        } else if (value instanceof PyList list) {
            items.add("list");
            items.addAll(list.items);
        } else if (value instanceof Dict dict) {
            items.add("dict");
            dict.entries.forEach((key, item) -> items.addAll(Arrays.asList(key, item)));
        } else {
            return value;
        }
        return items;
    }

    /** Knows one function, which returns its arguments. */
    private static final class Echo implements Unpickler.Vocabulary {
        @Override
        public Object global(String name) {
            if (name.equals("test.echo")) {
                return (Maker) Tuple::new;
            }
            throw new ModelFileException(Path.of("test.pkl"), "no " + name + " here");
        }

        @Override
        public Object persistent(Object id) {
            return "kept " + id;
        }
    }
}
