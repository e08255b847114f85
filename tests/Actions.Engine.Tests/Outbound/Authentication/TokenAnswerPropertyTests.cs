using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Actions.Engine.Masking;
using Actions.Engine.Outbound.Authentication;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>Token answers as a grammar of what endpoints send: read whatever the form, refused without a secret.</summary>
public sealed class TokenAnswerPropertyTests
{
    private const string Secret = "hunter2&=+ ü";

    private static readonly string[] Words = ["", "bearer", "Bearer", "BEARER", " bearer", "jwt", "application", "token", "user"];
    private static readonly string[] Others = ["mac", "MAC", "dpop", "DPoP", "N_A", "n_a", "pop"];
    private static readonly string[] ContentTypes = ["", "application/json", "text/plain", "text/html; charset=utf-8", "application/octet-stream"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Token_ReadFromEachFormOfTheSameAnswer(int seed)
    {
        var random = new Dice(seed);
        var token = string.Concat(Enumerable.Range(0, random.Next(1, 80)).Select(_ => (char)random.Next('!', '~' + 1)));
        var type = random.Next(4) == 0 ? Others[random.Next(Others.Length)] : Words[random.Next(Words.Length)];
        var seconds = random.Next(100_000);
        var members = new List<(string Name, string Value, bool IsText)>
        {
            ("access_token", token, true),
            ("token_type", type, true),
            ("expires_in", string.Create(CultureInfo.InvariantCulture, $"{seconds}{(random.Next(2) == 0 ? "" : ".0")}"), random.Next(2) == 0),
            ("scope", "a b&c=\"d\"", true),
            ("error", "", true),
        };
        members = [.. members.OrderBy(_ => random.Next(1_000_000))];

        foreach (var text in (string[])[Json(members, random), Form(members)])
        {
            var answer = TokenAnswer.Read(Bytes(text, random), ContentTypes[random.Next(ContentTypes.Length)]);

            answer.AccessToken.ShouldBe(token, text);
            answer.CanBeSent.ShouldBeTrue(text);
            (answer.OtherType is null).ShouldBe(!Others.Contains(type), text);
            answer.Lifetime().ShouldBe(TimeSpan.FromSeconds(seconds), text);
            answer.Error.ShouldBeNull();
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Anything_IsReadWithoutAnException(int seed)
    {
        var random = new Dice(seed);
        var valid = Encoding.UTF8.GetBytes("{\"access_token\":\"t0k\",\"token_type\":\"bearer\",\"expires_in\":1e3,\"error\":{\"a\":[1]}}");
        for (var i = 0; i < 50; i++)
        {
            var bytes = random.Next(2) == 0
                ? valid.ToArray() : Encoding.UTF8.GetBytes("access_token=t%30k&token_type=&error=%ff%u0041&&=x");
            for (var changes = random.Next(1, 6); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);

            var answer = TokenAnswer.Read(bytes, ContentTypes[random.Next(ContentTypes.Length)]);

            if (answer.CanBeSent)
                answer.AccessToken!.ShouldAllBe(c => c > ' ' && c < '\u007f');
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Refusal_BoundedOnOneLineAndWithoutTheSecret(int seed)
    {
        var random = new Dice(seed);
        var description = string.Concat(Enumerable.Range(0, random.Next(1, 900)).Select(i => random.Next(40) == 0
            ? Secret : $"{(char)random.Next(1, 0x2100)}"));
        var text = JsonSerializer.Serialize(new { error = random.Next(2) == 0 ? "invalid_client" : description,
            error_description = description });
        using var response = new HttpResponseMessage((System.Net.HttpStatusCode)random.Next(400, 600));

        var refusal = TokenRefusal.Of(response, TokenAnswer.Read(Encoding.UTF8.GetBytes(text), "application/json"),
            new SecretMask([Secret]));

        var detail = refusal.ShouldNotBeNull().Detail;
        detail.Length.ShouldBeLessThan(800);
        detail.ShouldNotContain("hunter2");
        detail.ShouldAllBe(c => !char.IsControl(c));
        detail.EnumerateRunes().ShouldAllBe(rune => rune != Rune.ReplacementChar);
    }

    private static string Json(List<(string Name, string Value, bool IsText)> members, Dice random)
    {
        var encoder = random.Next(2) == 0 ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        var options = new JsonSerializerOptions { Encoder = encoder };
        var blank = new string(' ', random.Next(3));
        return $"{{{blank}{string.Join($",{blank}", members.Select(member => $"\"{member.Name}\"{blank}:{blank}{(member.IsText ? JsonSerializer.Serialize(member.Value, options) : member.Value)}"))}}}";
    }

    private static string Form(List<(string Name, string Value, bool IsText)> members) =>
        string.Join('&', members.Select(member => $"{member.Name}={System.Net.WebUtility.UrlEncode(member.Value)}"));

    private static byte[] Bytes(string text, Dice random)
    {
        text = $"{new string('\n', random.Next(2))}{text}{new string('\n', random.Next(2))}";
        return random.Next(3) switch
        {
            0 => [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)],
            1 => [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(text)],
            _ => Encoding.UTF8.GetBytes(text),
        };
    }

    /// <summary>Plays the same for the same seed, and another game with ACTIONS_SEED=n.</summary>
    private sealed class Dice(int seed)
    {
        private ulong _state = Seeded.Seed + (ulong)seed;

        public int Next(int below) => Next(0, below);

        // Knuth's MMIX generator; its low bits repeat soon.
        public int Next(int from, int below)
        {
            _state = (_state * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
            return from + (int)((_state >> 33) % (ulong)(below - from));
        }
    }
}
