package org.naturalinversion.backend.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OwnedTest {
    @Test
    void closesTheLastFirst() {
        StringBuilder freed = new StringBuilder();
        Thing house = new Thing("house ", freed);
        Thing room = new Thing("room ", freed, house);
        Thing guest = new Thing("guest ", freed);
        new Thing("table ", freed, room);
        Thing lamp = new Thing("lamp ", freed, room, guest);
        guest.close();
        assertThatThrownBy(lamp::requireOpen)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("lamp  is closed");
        house.close();
        assertThat(freed).hasToString("lamp guest table room house ");
        assertThatThrownBy(() -> new Thing("ghost ", freed, house))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("house  is closed");
    }

    private static final class Thing extends Owned {
        private final String name;
        private final StringBuilder freed;

        Thing(String name, StringBuilder freed, Thing... owners) {
            super(Arrays.asList(owners));
            this.name = name;
            this.freed = freed;
        }

        @Override
        protected String what() {
            return name;
        }

        @Override
        protected void free() {
            freed.append(name);
        }
    }
}
