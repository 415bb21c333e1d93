package org.naturalinversion.model.io;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A machine for pickles, the byte code in which Python writes objects, that can build no more than
 * data: numbers, text, tuples, lists and dicts. A pickle may also name functions and classes; what
 * a name stands for, if it stands for anything, is said by a {@link Vocabulary} that is written out
 * in this program. Nothing is ever looked up by a name from a file, and nothing from a file is run.
 *
 * <p>The opcodes are those of protocols 0 to 5, less three kinds that no checkpoint uses: the
 * registry of extensions, persistent identifiers as text, and buffers outside the file. Each takes
 * at least a byte, there are no jumps and no recursion, and memory is counted, so every pickle
 * comes to an end.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">pickletools, where
 *     the opcodes are defined</a>
 */
final class Unpickler {
    /** What the names and the persistent identifiers in a pickle stand for. */
    interface Vocabulary {
        /**
         * What a qualified name such as {@code collections.OrderedDict} stands for.
         *
         * @throws ModelFileException if it has no place in a pickle that is read here
         */
        Object global(String name);

        /** What a persistent identifier stands for. */
        Object persistent(Object id);
    }

    /** A function or class that may be applied to arguments. */
    interface Maker {
        Object make(List<Object> arguments);
    }

    /** A Python dict. May contain itself: never compare, hash or print what is in it. */
    static final class Dict {
        final Map<Object, Object> entries = new LinkedHashMap<>();
    }

    /** A Python list. May contain itself, as a dict may. */
    static final class PyList {
        final List<Object> items = new ArrayList<>();
    }

    /** A Python tuple. May contain itself by way of a list or dict. */
    static final class Tuple {
        final List<Object> items;

        Tuple(List<Object> items) {
            this.items = Collections.unmodifiableList(items);
        }
    }

    /** Stands for a thing of no use here; whatever is done with it comes to nothing. */
    record Inert(String name) implements Maker {
        @Override
        public Inert make(List<Object> arguments) {
            return this;
        }
    }

    private static final int NEWEST_PROTOCOL = 5;
    private static final int DEEPEST_STACK = 1 << 20;
    private static final int DEEPEST_NESTING = 1 << 14;
    private static final int LONGEST_INTEGER = 255;

    /** About what the heap takes for an object, an item of a list, and an entry of a map. */
    private static final int OBJECT_MEMORY = 48;

    private static final int ITEM_MEMORY = 8;
    static final int ENTRY_MEMORY = 64;

    private static final Inert BYTES = new Inert("bytes");
    private static final Inert SET = new Inert("set");

    private final ModelFile file;
    private final Cursor in;
    private final Vocabulary vocabulary;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();

    private Unpickler(ModelFile file, Cursor in, Vocabulary vocabulary) {
        this.file = file;
        this.in = in;
        this.vocabulary = vocabulary;
    }

    /** Runs one pickle, from the cursor to the STOP behind which it is left; returns the result. */
    static Object load(ModelFile file, Cursor in, Vocabulary vocabulary) {
        Unpickler machine = new Unpickler(file, in, vocabulary);
        for (int opcode = in.u8(); opcode != '.'; opcode = in.u8()) {
            machine.step(opcode);
        }
        return machine.pop();
    }

    private void step(int opcode) {
        switch (opcode) {
            // Framing: PROTO, FRAME.
            case 0x80 -> protocol(in.u8());
            case 0x95 -> in.i64();

            // The stack: MARK, POP, POP_MARK, DUP.
            case '(' -> mark();
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(peek());

            // The memo: GET, BINGET, LONG_BINGET, PUT, BINPUT, LONG_BINPUT, MEMOIZE.
            case 'g' -> recall(number(in.line()).longValue());
            case 'h' -> recall(in.u8());
            case 'j' -> recall(in.u32());
            case 'p' -> remember(number(in.line()).longValue());
            case 'q' -> remember(in.u8());
            case 'r' -> remember(in.u32());
            case 0x94 -> remember(memo.size());

            // Constants and numbers: NONE, NEWTRUE, NEWFALSE, INT, BININT, BININT1, BININT2,
            // LONG, LONG1, LONG4, FLOAT, BINFLOAT.
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'I' -> integerOrBoolean(in.line());
            case 'J' -> integer(BigInteger.valueOf(in.i32()));
            case 'K' -> integer(BigInteger.valueOf(in.u8()));
            case 'M' -> integer(BigInteger.valueOf(in.u16()));
            case 'L' -> integer(number(in.line().replace("L", "")));
            case 0x8a -> integer(number(in.u8()));
            case 0x8b -> integer(number(in.u32()));
            case 'F' -> create(real(in.line()), 0);
            case 'G' -> create(Double.longBitsToDouble(Long.reverseBytes(in.i64())), 0);

            // Text: UNICODE, SHORT_BINUNICODE, BINUNICODE, BINUNICODE8, and of Python 2 STRING,
            // SHORT_BINSTRING, BINSTRING.
            case 'V' -> create(unescaped(in.line()), 0);
            case 0x8c -> text(in.u8());
            case 'X' -> text(in.u32());
            case 0x8d -> text(in.i64());
            case 'S' -> create(unquoted(in.line()), 0);
            case 'U' -> oldText(in.u8());
            case 'T' -> oldText(in.u32());

            // Bytes: SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8.
            case 'C' -> bytes(in.u8());
            case 'B' -> bytes(in.u32());
            case 0x8e, 0x96 -> bytes(in.i64());

            // Tuples: EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE.
            case ')' -> tuple(popLast(0));
            case 0x85 -> tuple(popLast(1));
            case 0x86 -> tuple(popLast(2));
            case 0x87 -> tuple(popLast(3));
            case 't' -> tuple(popToMark());

            // Lists: EMPTY_LIST, LIST, APPEND, APPENDS.
            case ']' -> list(List.of());
            case 'l' -> list(popToMark());
            case 'a' -> append(popLast(1));
            case 'e' -> append(popToMark());

            // Dicts: EMPTY_DICT, DICT, SETITEM, SETITEMS.
            case '}' -> dict(List.of());
            case 'd' -> dict(popToMark());
            case 's' -> setItems(popLast(2));
            case 'u' -> setItems(popToMark());

            // Sets, which hold nothing of interest: EMPTY_SET, FROZENSET, ADDITEMS.
            case 0x8f -> push(SET);
            case 0x91 -> {
                popToMark();
                push(SET);
            }
            case 0x90 -> popToMark();

            // Names, their application, and state: GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ,
            // NEWOBJ_EX, OBJ, INST, BUILD.
            case 'c' -> push(global(in.line(), in.line()));
            case 0x93 -> push(global(popLast(2)));
            case 'R', 0x81 -> apply(popLast(2));
            case 0x92 -> apply(popLast(3));
            case 'o' -> instance(popToMark());
            case 'i' -> instance(global(in.line(), in.line()), popToMark());
            case 'b' -> pop();

            // A thing that is kept outside the pickle: BINPERSID.
            case 'Q' -> push(vocabulary.persistent(pop()));

            default ->
                    throw broken("opcode 0x%02x does not belong in a checkpoint".formatted(opcode));
        }
    }

    private void protocol(int version) {
        if (version > NEWEST_PROTOCOL) {
            throw broken("protocol %d, the newest known is %d".formatted(version, NEWEST_PROTOCOL));
        }
    }

    private void push(Object value) {
        if (stack.size() == DEEPEST_STACK) {
            throw broken("more than %d values at once on the stack".formatted(DEEPEST_STACK));
        }
        stack.add(value);
    }

    /** Pushes something new that takes memory beyond that of the bare object. */
    private void create(Object value, long memory) {
        file.spend(OBJECT_MEMORY + memory);
        push(value);
    }

    private Object peek() {
        if (stack.size() <= floor()) {
            throw broken("a missing value is used");
        }
        return stack.get(stack.size() - 1);
    }

    private Object pop() {
        Object value = peek();
        stack.remove(stack.size() - 1);
        return value;
    }

    private List<Object> popLast(int count) {
        if (stack.size() - floor() < count) {
            throw broken("%d missing values are used".formatted(count));
        }
        return cutFrom(stack.size() - count);
    }

    private void mark() {
        if (marks.size() == DEEPEST_NESTING) {
            throw broken("values nested more than %d deep".formatted(DEEPEST_NESTING));
        }
        marks.add(stack.size());
    }

    private List<Object> popToMark() {
        if (marks.isEmpty()) {
            throw broken("a missing mark is used");
        }
        return cutFrom(marks.remove(marks.size() - 1));
    }

    /** The height above the last mark; what lies below is out of reach. */
    private int floor() {
        return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    }

    private List<Object> cutFrom(int height) {
        List<Object> top = stack.subList(height, stack.size());
        List<Object> values = new ArrayList<>(top);
        top.clear();
        return values;
    }

    private void recall(long key) {
        Object value = memo.get(key);
        if (value == null && !memo.containsKey(key)) {
            throw broken("memo %d is read before it is written".formatted(key));
        }
        push(value);
    }

    private void remember(long key) {
        file.spend(ENTRY_MEMORY);
        memo.put(key, peek());
    }

    /** Pushes a Long, or the integer itself where that does not hold it. */
    private void integer(BigInteger value) {
        if (value.bitLength() < Byte.SIZE) {
            push(value.longValue());
        } else {
            create(value.bitLength() < Long.SIZE ? (Object) value.longValue() : value, 0);
        }
    }

    private void integerOrBoolean(String line) {
        switch (line) {
            case "00" -> push(false);
            case "01" -> push(true);
            default -> integer(number(line));
        }
    }

    /** The integer in so many bytes of two's complement, little-endian. */
    private BigInteger number(long count) {
        if (count > LONGEST_INTEGER) {
            throw broken("an integer of %d bytes".formatted(count));
        }
        byte[] bytes = in.bytes(count);
        byte[] reversed = new byte[bytes.length + 1];
        for (int i = 0; i < bytes.length; i++) {
            reversed[bytes.length - i] = bytes[i];
        }
        if (bytes.length > 0 && bytes[bytes.length - 1] < 0) {
            reversed[0] = -1;
        }
        return new BigInteger(reversed);
    }

    private BigInteger number(String line) {
        try {
            return new BigInteger(line);
        } catch (NumberFormatException e) {
            throw broken("text that is not a number");
        }
    }

    private double real(String line) {
        try {
            return Double.parseDouble(line);
        } catch (NumberFormatException e) {
            throw broken("text that is not a number");
        }
    }

    private void text(long count) {
        byte[] bytes = in.bytes(count);
        try {
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            create(text, count);
        } catch (CharacterCodingException e) {
            throw broken("text that is not UTF-8");
        }
    }

    /** Python 2 had bytes for text; names of tensors are ASCII, which Latin-1 includes. */
    private void oldText(long count) {
        create(new String(in.bytes(count), StandardCharsets.ISO_8859_1), count);
    }

    private String unquoted(String line) {
        if (line.length() < 2) {
            throw broken("text without quotes");
        }
        return unescaped(line.substring(1, line.length() - 1));
    }

    private String unescaped(String text) {
        if (text.indexOf('\\') >= 0) {
            throw broken("text with an escape, which no name of a tensor needs");
        }
        return text;
    }

    private void bytes(long count) {
        in.skip(count);
        push(BYTES);
    }

    private void tuple(List<Object> items) {
        create(new Tuple(items), (long) ITEM_MEMORY * items.size());
    }

    private void list(List<Object> items) {
        create(new PyList(), 0);
        append(items);
    }

    private void append(List<Object> items) {
        Object target = peek();
        if (target instanceof PyList list) {
            file.spend((long) ITEM_MEMORY * items.size());
            list.items.addAll(items);
        } else if (!(target instanceof Inert)) {
            throw broken("items are appended to something that is not a list");
        }
    }

    private void dict(List<Object> keysAndValues) {
        create(new Dict(), ENTRY_MEMORY);
        setItems(keysAndValues);
    }

    private void setItems(List<Object> keysAndValues) {
        Object target = peek();
        if (keysAndValues.size() % 2 != 0) {
            throw broken("a key without a value");
        }
        if (target instanceof Dict dict) {
            file.spend((long) ENTRY_MEMORY * keysAndValues.size() / 2);
            for (int i = 0; i < keysAndValues.size(); i += 2) {
                dict.entries.put(keysAndValues.get(i), keysAndValues.get(i + 1));
            }
        } else if (!(target instanceof Inert)) {
            throw broken("items are set in something that is not a dict");
        }
    }

    private Object global(List<Object> moduleAndName) {
        if (moduleAndName.get(0) instanceof String module
                && moduleAndName.get(1) instanceof String name) {
            return global(module, name);
        }
        throw broken("a name that is not text");
    }

    private Object global(String module, String name) {
        file.spend(OBJECT_MEMORY);
        return vocabulary.global(module + "." + name);
    }

    /** Applies the first value to the second, a tuple of arguments; a third goes unused. */
    private void apply(List<Object> makerAndArguments) {
        if (!(makerAndArguments.get(1) instanceof Tuple arguments)) {
            throw broken("arguments that are not a tuple");
        }
        instance(makerAndArguments.get(0), arguments.items);
    }

    private void instance(List<Object> makerAndArguments) {
        if (makerAndArguments.isEmpty()) {
            throw broken("nothing to call");
        }
        instance(makerAndArguments.get(0), makerAndArguments.subList(1, makerAndArguments.size()));
    }

    private void instance(Object maker, List<Object> arguments) {
        if (!(maker instanceof Maker known)) {
            throw broken("something is called that is not a function");
        }
        create(known.make(arguments), 0);
    }

    private ModelFileException broken(String how) {
        return file.refuse("has a damaged pickle before byte %d: %s".formatted(in.position(), how));
    }
}
