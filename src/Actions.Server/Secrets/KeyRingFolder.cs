using System.Xml;
using System.Xml.Linq;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Secrets;

/// <summary>
/// The folder <c>keys</c> beside the SQLite file, where the key ring was before it moved into the store. It is copied
/// from there once, and then renamed: nothing is deleted.
/// </summary>
internal sealed class KeyRingFolder(
    IKeyRingStore store, KeyRing ring, IOptions<StorageOptions> storage, ILogger<KeyRingFolder> log)
{
    /// <exception cref="KeyRingFolderException">It can't be read or renamed.</exception>
    public async Task ImportAsync(CancellationToken cancellationToken)
    {
        // Beside a file that is not in use there may be the keys of another store.
        if (storage.Value.Provider != StorageOptions.SqliteProvider)
            return;
        var folder = new DirectoryInfo(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(storage.Value.Sqlite.Path))!, "keys"));
        if (!folder.Exists)
            return;
        try
        {
            var files = folder.GetFiles("*.xml");
            foreach (var file in files)
            {
                var xml = XElement.Load(file.FullName).ToString(SaveOptions.DisableFormatting);
                // One that is there already was copied before the process was killed here.
                await store.AddAsync(ring.Seal(Path.GetFileNameWithoutExtension(file.Name), xml), cancellationToken).ConfigureAwait(false);
            }

            var kept = FreeName(folder.FullName + ".imported");
            folder.MoveTo(kept);
            if (files.Length > 0)
                log.KeyRingImported(files.Length, kept);
        }
        catch (DirectoryNotFoundException)
        {
            // Another server on the same file was faster.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            throw new KeyRingFolderException(folder.FullName, e);
        }
    }

    private static string FreeName(string path)
    {
        var free = path;
        for (var i = 2; Path.Exists(free); i++)
            free = $"{path}-{i}";
        return free;
    }
}

/// <summary>The old key ring can't be taken over.</summary>
internal sealed class KeyRingFolderException(string path, Exception cause) : Exception(
    $"The old key ring in '{path}' can't be moved into the store: {cause.Message}", cause);
