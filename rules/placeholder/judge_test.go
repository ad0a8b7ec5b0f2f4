package placeholder

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// alphabets are those that generators of keys use.
var alphabets = map[string]string{
	"hex":       "0123456789abcdef",
	"HEX":       "0123456789ABCDEF",
	"base36":    "0123456789abcdefghijklmnopqrstuvwxyz",
	"base58":    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
	"base62":    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"base64url": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
}

func randomBody(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// What the costs of words leave out would make a code that cannot be read back.
func TestWordsAreACode(t *testing.T) {
	sum := 0.0
	for _, w := range dictionary() {
		sum += math.Pow(2, -w.cost)
	}
	affixes := float64(len(beginnings)+2*len(endings)) * math.Pow(2, -costAffix)
	if sum *= 1 + affixes; sum > 1 {
		t.Errorf("the words and their endings take %.3f of the code", sum)
	}
	for class, costs := range map[string][]float64{
		"kinds": {costWord, costOther, costOther, costOther, costOther}, "styles": {1, 2, 2}, "links": {costLink, costLink, costLink},
		"runs": slices.Repeat([]float64{costRun}, runKinds+2), "numbers": slices.Repeat([]float64{3.4}, 10),
	} {
		sum := 0.0
		for _, c := range costs {
			sum += math.Pow(2, -c)
		}
		if sum > 1.01 {
			t.Errorf("%s take %.3f of the code", class, sum)
		}
	}
}

// Random bodies of every alphabet in use are secrets. The code promises it for a billion of 24 characters and more;
// this looks at some. Of shorter ones a few in 100,000 may be lost.
func TestRandomBodiesAreSecrets(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	tries := 300
	if run := flag.Lookup("test.run"); strings.Contains(run.Value.String(), "RandomBodies") {
		tries = 20_000 // asked for by name
	}
	short := 0
	for name, alphabet := range alphabets {
		for _, n := range []int{16, 20, 24, 32, 40, 64, 99} {
			for range tries {
				body := randomBody(r, alphabet, n)
				switch {
				case Judge(body, body) == Secret:
				case n < longBody:
					short++
				default:
					t.Errorf("%s: %s is no secret", name, body)
				}
			}
		}
	}
	if all := 2 * len(alphabets) * tries; short > 1+all/20_000 {
		t.Errorf("%d of %d short bodies are no secrets", short, all)
	}
}

// TestManyRandomBodies measures how many random bodies of the usual lengths are no secrets, on as many of each kind as
// SKLEAK_RANDOM_BODIES says.
func TestManyRandomBodies(t *testing.T) {
	tries, err := strconv.Atoi(os.Getenv("SKLEAK_RANDOM_BODIES"))
	if err != nil {
		t.Skip("SKLEAK_RANDOM_BODIES says how many")
	}
	for name, alphabet := range alphabets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(15, 16))
			for _, n := range []int{24, 32, 40, 99} {
				for range tries {
					body := randomBody(r, alphabet, n)
					if judge("x"+body, body) != Secret {
						t.Errorf("%s is no secret", body)
					}
				}
			}
		})
	}
}

// The gain of random bodies falls as the code says: fewer than one in 2^g has a gain of g.
func TestGainOfRandomBodies(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	const tries = 6000
	for name, alphabet := range alphabets {
		over := map[float64]int{}
		for range tries {
			gain := newReader(randomBody(r, alphabet, 24)).best(0).gain
			for _, g := range []float64{4, 8, 12} {
				if gain >= g {
					over[g]++
				}
			}
		}
		for g, n := range over {
			if limit := tries * math.Pow(2, -g); float64(n) > limit+4*math.Sqrt(limit)+2 {
				t.Errorf("%s: %d of %d bodies gain %v bits, more than %.0f", name, n, tries, g, limit)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	for want, bodies := range map[Judgment]string{
		Dummy: `leak_encoded_secret 51JxYourKeyHere 51LfixtureQ9aZqT0mNw7vK 51Hq3bWd9ExampleOnlyNotARealKeyZx7Tn2Lm8 51MOCKED0STRIPE0KEY
			ThisIsNotARealKeyButLooksLikeOne thisisnotarealkey SomeRandomStringHere fakeStripeKeyForUnitTests12345 FAKE9f86d081884c
			A1b2C3d4E5f6G7h8I9j0K1l2 a1b2c3d4e5f6a7b8c9d0e1f2 1A2B3C4D5E6F7A8B abc123def456ghi789jk abc123def456ghi789jkl012mno345
			abcd1234efgh5678ijkl9012 aaaabbbbccccddddeeeeffff 000011112222333344445555 00112233445566778899aabbccddeeff
			1q2w3e4r5t6y7u8i9o0p poiuytrewq asdfasdfasdf asdsad3q4dq kljasdfkljasdf integrationTestKey000000000001 XXXXXXXXXXXXl9oX
			fake_tR7nK2vQ9xLw4ZbYc8PmJ1sD tR7nK2vQ9xLw4ZbYc8PmJ1sD_example 00000000-0000-0000-0000-000000000000`,
		Name: `deserialize provisioned unauthorized internationalization collide_key key_charlie 
			stream_url viewer_count_24h tbl_20240115093000 generated_at_20240115 payments_dlq_v2 orders_v1-value frobnicator_v2
			nastavenia_uzivatela zahlung_bestaetigt results_by_cross_validation_fold_number_10`,
		Secret: `kqzvxwplmtrbnsdf 0123ABCD9F8E7A6B 84019283746501928374650192 3f2b8c1d-9e4a-4c6b-8d7f-0a1b2c3d4e5f
			stubhub_9f86d081884c7d659a2feaa0c55ad015 mockingbird_9f86d081884c7d659a2feaa0c55ad015 fakespot_9f86d081884c7d659a2feaa0c55ad015
			samplecorp_tR7nK2vQ9xLw4ZbYc8PmJ1sD your-company_9f86d081884c7d659a2feaa0c55ad015 acme_prod_9f86d081884c7d659a2feaa0c55ad015
			user42_9f86d081884c7d659a2feaa0c55ad015 v1_9f86d081884c7d659a2feaa0c55ad015`,
	} {
		for _, body := range strings.Fields(bodies) {
			if got := Judge("sk"+"_test_"+body, body); got != want {
				t.Errorf("%s is %d, want %d", body, got, want)
			}
		}
	}
}

func TestJudgeIn(t *testing.T) {
	for _, c := range []struct {
		before, body, after string
		want                Judgment
	}{
		{`api_key = "`, "collide_key", `"`, Dummy}, {"KEY=", "leak_encoded_secret", "\n", Dummy}, {"Authorization: Bearer ", "provisioned", "", Dummy},
		{"import { ", "collide_key", " }", Name}, {`label: "`, "hlavna_stranka", `"`, Name},
		{"assets/", "bundle-3351a75570a3d424", ".js", Name}, {"KEY=", "bundle-3351a75570a3d424", "", Secret}, {"", "xq7-3351a75570a3d424", ".js", Secret},
		{"host/", "web01prodfra9x", "$", Name}, {"", "web01prodfra9x", "${x}", Secret}, {"^", "tR7nK2vQ9xLw4ZbYc8PmJ1sD", "$", Secret},
	} {
		if got := JudgeIn([]byte(c.before), c.body, c.body, []byte(c.after)); got != c.want {
			t.Errorf("%s%s%s is %d, want %d", c.before, c.body, c.after, got, c.want)
		}
	}
}

// A body that is printed somewhere is one behind either prefix; it names its vendor behind the documented one only.
func TestDocumented(t *testing.T) {
	live, test, body := "sk"+"_live_", "sk"+"_test_", "4eC39HqLyj"+"WDarjtT1zdp7dc"
	if Judge(test+body, body) != Dummy || Judge(live+body, body) != Dummy {
		t.Error("a printed body is taken for a secret")
	}
	if by, other := DocumentedBy(test+body, body), DocumentedBy(live+body, body); by != "stripe" || other != "" {
		t.Errorf("printed by %q, behind the other prefix by %q", by, other)
	}
	for line := range strings.Lines(documentedList) {
		fields := strings.Fields(line)
		if fields[0] == "#" {
			continue
		}
		sum, err := hex.DecodeString(fields[len(fields)-1])
		if err != nil || len(fields) != 3 || len(sum) != sha256.Size || documented()[[sha256.Size]byte(sum)].vendor != fields[0] {
			t.Errorf("documented.txt: %s", line)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, body := range map[string]string{
		"24": randomBody(r, alphabets["base62"], 24), "99": randomBody(r, alphabets["base62"], 99), "40hex": randomBody(r, alphabets["hex"], 40),
		"words": strings.Repeat("keytest", 36), "runs": strings.Repeat("a1b2c3d4e5f6", 21), "a": strings.Repeat("a", 255),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Judge("x"+body, body)
			}
		})
	}
}

// TestJudgedKeysAreRemembered goes through the keys of a large file, as each of its versions in a history does.
func TestJudgedKeysAreRemembered(t *testing.T) {
	const keys = 5000
	for i := range keys {
		body := fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))[:24]
		Judge("sk_"+"live_"+body, body)
	}
	remembered := 0
	for i := range judgedLately().sets {
		for j := range judgedLately().sets[i] {
			if judgedLately().sets[i][j].Load() != nil {
				remembered++
			}
		}
	}
	if remembered < keys*99/100 {
		t.Errorf("%d of %d keys that were judged are remembered", remembered, keys)
	}
}
