package org.naturalinversion.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this program is called, and its version. */
public final class Version {
    /** The program's name. */
    public static final String NAME = "NaturalInversion";

    private Version() {}

    /** The version that the build wrote beside this class. */
    public static String number() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }
}
