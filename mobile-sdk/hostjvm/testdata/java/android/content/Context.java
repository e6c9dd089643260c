package android.content;

/** The little of Android's Context that generated bindings use, for a desktop JVM. */
public class Context {
	public Context getApplicationContext() {
		return this;
	}
}
