import chaperone.AnswersInput;
import chaperone.Change;
import chaperone.Chaperone;
import chaperone.Client;
import chaperone.Config;
import chaperone.Plan;
import chaperone.Row;
import chaperone.SecureStore;
import chaperone.Verdict;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Drives the bound library the way a phone app does. Arguments: a directory of the test's
 * own files, and the names of the bound classes. It prints one line a check and ends with
 * 0 when all held.
 */
public final class HostTest {
	private static final AtomicInteger failures = new AtomicInteger();
	private static int checks;

	private static Path work;

	/** A key store in memory, which can be told to fail. */
	private static final class MemoryStore implements SecureStore {
		final Map<String, byte[]> values = new ConcurrentHashMap<>();
		final AtomicInteger gets = new AtomicInteger();
		final AtomicInteger puts = new AtomicInteger();
		volatile RuntimeException broken;

		@Override
		public byte[] get(String name) {
			gets.incrementAndGet();
			if (broken != null) {
				throw broken;
			}
			byte[] value = values.get(name);
			return value == null ? null : value.clone();
		}

		@Override
		public void put(String name, byte[] value) {
			puts.incrementAndGet();
			if (broken != null) {
				throw broken;
			}
			values.put(name, value.clone());
		}

		@Override
		public void delete(String name) {
			values.remove(name);
		}
	}

	private interface Body {
		void run() throws Exception;
	}

	private static void check(String name, Body body) {
		checks++;
		try {
			body.run();
			System.out.println("ok   " + name);
		} catch (Throwable t) {
			failures.incrementAndGet();
			System.out.println("FAIL " + name + ": " + t);
			t.printStackTrace(System.out);
		}
	}

	private static void want(Object got, Object want, String what) {
		if (!want.equals(got)) {
			throw new AssertionError(what + ": got " + got + ", want " + want);
		}
	}

	private static void that(boolean holds, String what) {
		if (!holds) {
			throw new AssertionError(what);
		}
	}

	private static Exception refused(Body body, String code) {
		try {
			body.run();
		} catch (Exception e) {
			want(Chaperone.codeOf(e), code, "code of \"" + e.getMessage() + "\"");
			that(e.getMessage().startsWith(code + ": "), "message is not \"code: words\": " + e.getMessage());
			return e;
		}
		throw new AssertionError("nothing was thrown, want " + code);
	}

	private static Config config(String dir) {
		Config c = Chaperone.newConfig();
		c.setDataDir(work.resolve(dir).toString());
		c.setDeviceName("desktop");
		return c;
	}

	private static String text(String name) throws Exception {
		return Files.readString(work.resolve(name), StandardCharsets.UTF_8);
	}

	private static Row row(Plan plan, String id) {
		for (long i = 0; i < plan.count(); i++) {
			if (plan.at(i).id().equals(id)) {
				return plan.at(i);
			}
		}
		return null;
	}

	public static void main(String[] args) throws Exception {
		work = Path.of(args[0]);
		List<String> classes = Arrays.asList(args).subList(1, args.length);
		plan();
		verify();
		errors();
		panics();
		zeroValues(classes);
		threads();
		System.out.println(checks + " checks, " + failures.get() + " failed");
		System.exit(failures.get() == 0 ? 0 : 1);
	}

	private static void plan() throws Exception {
		MemoryStore store = new MemoryStore();
		String[] done = new String[1];
		long[] counts = new long[2];

		check("open before create says no-vault", () -> refused(() -> config("plan").open(store), Chaperone.CodeNoVault));

		check("create, recovery code, answers, plan, mark", () -> {
			Client client = config("plan").create(store);
			that(store.puts.get() > 0 && !store.values.isEmpty(), "the key did not reach the key store");
			that(!Files.exists(work.resolve("plan").resolve("device.key")), "the key lies in a file");

			String code = client.recoveryCode();
			want(code.replace("-", "").length(), 28, "symbols of the recovery code");
			that(!client.recoveryConfirmed(), "confirmed before it was retyped");
			refused(() -> client.confirmRecovery("2222"), Chaperone.CodeWrongCode);
			client.confirmRecovery(" " + code.toLowerCase().replace('-', ' '));
			that(client.recoveryConfirmed(), "not confirmed after it was retyped");
			want(client.recoveryCode(), "", "recovery code after it was retyped");

			that(!client.answered(), "answered before it was asked");
			AnswersInput answers = Chaperone.newAnswersInput();
			answers.setStage(Chaperone.StageThreatened);
			answers.setRegion("US");
			answers.addExposure(Chaperone.ExposedContact);
			answers.addExposure(Chaperone.ExposedPhotoFace);
			answers.addApp("facebook");
			answers.addApp("instagram");
			client.setAnswers(answers);
			that(client.answered(), "not answered after it was answered");

			Plan plan = client.plan();
			want(plan.stage(), Chaperone.StageThreatened, "stage");
			that(plan.count() > 0 && plan.total() >= plan.count(), "the plan is empty");
			that(plan.showFirst() > 0 && plan.showFirst() <= plan.count(), "nothing to show first");
			that(plan.at(plan.count()) == null && plan.at(-1) == null, "a row outside the list");
			boolean fanOut = false;
			for (long i = 0; i < plan.count(); i++) {
				Row row = plan.at(i);
				that(!row.title().isEmpty() && !row.why().isEmpty() && !row.lane().isEmpty(), "a row without words: " + row.id());
				that(!row.title().contains(row.id()), "a key instead of words: " + row.title());
				fanOut |= row.platformCount() > 0 && !row.platformAt(0).name().isEmpty();
			}
			that(fanOut, "no row lists its platforms");

			done[0] = plan.at(0).id();
			counts[0] = plan.count();
			client.mark(done[0], "", Chaperone.StatusDone, "", 0);
			Plan after = client.plan();
			that(row(after, done[0]) == null, "a done row is still open");
			want(after.done(), plan.done() + 1, "rows done");
			want(plan.at(0).id(), done[0], "the first plan changed under its reader");
			counts[1] = after.count();
			refused(() -> client.mark("no.such-row", "", Chaperone.StatusDone, "", 0), Chaperone.CodeBadInput);
			refused(() -> client.mark(done[0], "", "finished", "", 0), Chaperone.CodeBadInput);
			refused(() -> client.mark(done[0], "", Chaperone.StatusSkipped, "", 0), Chaperone.CodeBadInput);

			refused(() -> config("plan").open(store), Chaperone.CodeAlreadyOpen);
			client.close();
			client.close();
			refused(client::plan, Chaperone.CodeClosed);
		});

		check("reopen keeps progress, and speaks Spanish", () -> {
			refused(() -> config("plan").create(store), Chaperone.CodeVaultExists);
			Client english = config("plan").open(store);
			that(english.answered() && english.recoveryConfirmed(), "answers or confirmation were lost");
			Plan plan = english.plan();
			want(plan.count(), counts[1], "open rows after reopening");
			that(row(plan, done[0]) == null, "progress was lost");
			String title = plan.at(0).title();
			english.close();

			Config spanish = config("plan");
			spanish.setLocale("es-MX");
			Client client = spanish.open(store);
			that(!client.plan().at(0).title().equals(title), "no Spanish: " + title);
			client.close();
		});

		check("without its key the vault stays shut", () -> {
			refused(() -> config("plan").open(new MemoryStore()), Chaperone.CodeNoKey);
			Client client = config("plan").open(store);
			want(client.plan().count(), counts[1], "open rows");
			client.close();
		});
	}

	/** The test made a vault that has the clinic pinned, as the terminal program does. */
	private static void verify() throws Exception {
		MemoryStore store = new MemoryStore();
		store.values.put("device.key", Files.readAllBytes(work.resolve("device.key")));
		Client client = config("pinned").open(store);
		byte[] bundle = Files.readAllBytes(work.resolve("genuine.chaperone"));

		check("a genuine bundle is genuine for anyone", () -> {
			Verdict v = client.verify(bundle, text("genuine.txt"), true);
			want(v.headline(), "GENUINE_FOR_ANYONE", "headline");
			want(v.classCode(), Chaperone.ClassAmber, "class");
			that(!v.body().isEmpty() && v.changeCount() == 0, "no body");
			that(!v.clinic().isEmpty() && !v.signer().isEmpty(), "no clinic or signer");
			that(!v.title().isEmpty() && !v.sign().isEmpty() && !v.text().isEmpty(), "no words");
			that(v.issuedUnix() > 0 && v.expiresUnix() > v.issuedUnix() && v.loggedUnix() > 0, "no times");
			want(client.verify(bundle, "", false).headline(), "GENUINE_FOR_ANYONE", "headline without a text");
		});

		check("an altered text is red, shows the change and no body", () -> {
			Verdict v = client.verify(bundle, text("altered.txt"), true);
			want(v.headline(), "ALTERED", "headline");
			want(v.classCode(), Chaperone.ClassRed, "class");
			want(v.body(), "", "body");
			that(v.stepCount() > 0 && !v.stepAt(0).isEmpty(), "no step to take");
			that(v.changeCount() > 0, "no change");
			Change c = v.changeAt(0);
			that(!c.signedLine().equals(c.receivedLine()) && !c.kind().isEmpty(), "an empty change");
			that(v.changeAt(v.changeCount()) == null, "a change outside the list");
		});

		// Of the rest, what the device has seen before would do in its stead: a status, for one.
		check("one changed byte of the signed message is never amber or green", () -> {
			Set<String> good = Set.of(Chaperone.ClassAmber, Chaperone.ClassGreen);
			int start = "CHAPB1\n".length() + 5;
			int end = start + ByteBuffer.wrap(bundle, start - 4, 4).getInt();
			that(end > start + 200 && end < bundle.length, "no message in the bundle");
			for (int i = 0; i < end; i += 7) {
				byte[] b = bundle.clone();
				b[i] ^= 1;
				String got;
				try {
					got = client.verify(b, "", false).classCode();
				} catch (Exception e) {
					got = Chaperone.codeOf(e);
				}
				that(!good.contains(got), "byte " + i + " changed and still " + got);
			}
		});

		check("bytes that are no bundle are never amber or green", () -> {
			for (byte[] b : new byte[][] {null, {}, {0}, "CHAPB1\n".getBytes(StandardCharsets.US_ASCII), new byte[1 << 20]}) {
				String got;
				try {
					got = client.verify(b, "", false).classCode();
				} catch (Exception e) {
					got = Chaperone.codeOf(e);
				}
				that(!got.equals(Chaperone.ClassAmber) && !got.equals(Chaperone.ClassGreen) && !got.equals(Chaperone.CodeInternal), "got " + got);
			}
		});

		check("a clinic that is not pinned is grey", () -> {
			Client other = config("unpinned").create(new MemoryStore());
			Verdict v = other.verify(bundle, text("genuine.txt"), true);
			want(v.headline(), "NO_PIN", "headline");
			want(v.classCode(), Chaperone.ClassGrey, "class");
			want(v.body(), "", "body");
			other.close();
		});

		client.close();
	}

	private static void errors() throws Exception {
		MemoryStore store = new MemoryStore();
		Client client = config("errors").create(store);

		check("errors have codes and say whether to retry", () -> {
			want(Chaperone.codeOf(null), "", "code of no error");
			want(Chaperone.codeOf(new Exception("something else")), Chaperone.CodeInternal, "code of a foreign exception");
			Exception e = refused(() -> client.syncOnce(1000), Chaperone.CodeNoServer);
			that(!Chaperone.isRetryable(e), "no-server is retryable");
			want(Chaperone.codeOf(new Exception(e.getMessage(), e)), Chaperone.CodeNoServer, "code of a wrapped exception");
			AnswersInput bad = Chaperone.newAnswersInput();
			bad.setStage("terrified");
			refused(() -> client.setAnswers(bad), Chaperone.CodeBadInput);
			refused(() -> client.setAnswers(null), Chaperone.CodeBadInput);
			refused(() -> config("errors-2").open(null), Chaperone.CodeBadInput);
			refused(() -> Chaperone.newConfig().create(new MemoryStore()), Chaperone.CodeBadInput);
			refused(() -> config("errors-3").restore(new MemoryStore(), "not a code", 1000), Chaperone.CodeWrongCode);
		});
		client.close();

		check("a server that is away is offline", () -> {
			Config c = config("errors");
			c.setServer("http://127.0.0.1:1");
			Client away = c.open(store);
			Exception e = refused(() -> away.syncOnce(1500), Chaperone.CodeOffline);
			that(Chaperone.isRetryable(e), "offline is not retryable");
			away.close();
		});

		check("an exception of the key store comes back as key-store", () -> {
			MemoryStore broken = new MemoryStore();
			broken.broken = new IllegalStateException("canary 7f3a");
			Exception e = refused(() -> config("errors-4").create(broken), Chaperone.CodeKeyStore);
			that(!e.getMessage().contains("canary"), "the host's own text came back");
			broken.broken = null;
			config("errors-4").create(broken).close();
		});
	}

	private static void panics() {
		check("a panic inside is an internal error, and the process lives", () -> {
			MemoryStore store = new MemoryStore();
			config("panic").create(store).close();
			byte[] key = store.values.get("device.key");
			for (int i = 0; i < 3; i++) {
				store.values.put("device.key", "panic".getBytes(StandardCharsets.US_ASCII));
				Exception e = refused(() -> config("panic").open(store), Chaperone.CodeInternal);
				that(!e.getMessage().contains("provoked"), "the panic's own text came out");
			}
			store.values.put("device.key", key);
			Client client = config("panic").open(store);
			that(client.plan().count() > 0, "nothing works after a panic");
			client.close();
		});
	}

	private static Object argument(Class<?> type) {
		if (type == long.class) {
			return -1L;
		}
		if (type == boolean.class) {
			return true;
		}
		if (type == double.class) {
			return 0.0;
		}
		return null;
	}

	private static void zeroValues(List<String> classes) {
		check("objects that the host made itself fail safely", () -> {
			int called = 0;
			for (String name : classes) {
				Class<?> type = Class.forName(name);
				if (type.isInterface() || Modifier.isAbstract(type.getModifiers())) {
					continue;
				}
				Constructor<?> empty = type.getConstructor();
				for (Method m : type.getDeclaredMethods()) {
					if (!Modifier.isPublic(m.getModifiers()) || !Modifier.isNative(m.getModifiers())) {
						continue;
					}
					Object[] arguments = new Object[m.getParameterCount()];
					for (int i = 0; i < arguments.length; i++) {
						arguments[i] = argument(m.getParameterTypes()[i]);
					}
					called++;
					try {
						m.invoke(empty.newInstance(), arguments);
					} catch (InvocationTargetException e) {
						Exception cause = (Exception) e.getCause();
						that(!Chaperone.codeOf(cause).isEmpty(), m + " threw " + cause);
					}
				}
			}
			that(called > 60, "only " + called + " methods were called");
			refused(() -> new Client().plan(), Chaperone.CodeClosed);
			refused(() -> new Client().verify(new byte[] {1}, "", false), Chaperone.CodeClosed);
			want(new Verdict().classCode(), Chaperone.ClassGrey, "class of an empty verdict");
			want(new Verdict().headline(), "UNAVAILABLE", "headline of an empty verdict");
		});
	}

	private static void threads() {
		check("many threads, garbage collected, no crash", () -> {
			Client client = config("threads").create(new MemoryStore());
			List<Thread> threads = new ArrayList<>();
			AtomicInteger bad = new AtomicInteger();
			for (int i = 0; i < 8; i++) {
				Thread t = new Thread(() -> {
					try {
						for (int n = 0; n < 50; n++) {
							Plan p = client.plan();
							for (long r = 0; r < p.count(); r++) {
								p.at(r).title();
							}
						}
					} catch (Exception e) {
						bad.incrementAndGet();
					}
				});
				threads.add(t);
				t.start();
			}
			System.gc();
			for (Thread t : threads) {
				t.join();
			}
			System.gc();
			System.runFinalization();
			want(bad.get(), 0, "threads that failed");
			client.close();
		});
	}
}
