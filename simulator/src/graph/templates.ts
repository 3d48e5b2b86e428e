import { z } from 'zod';
import type { Random } from '../random.ts';
import { metaError, type MetaError } from './errors.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Message templates of a WhatsApp business account. */

const component = z.looseObject({
  type: z.enum(['HEADER', 'BODY', 'FOOTER', 'BUTTONS']),
  text: z.string().max(1024).optional(),
});

export const NewTemplate = z.object({
  name: z
    .string()
    .max(512)
    .regex(/^[a-z0-9_]+$/),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/),
  category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']),
  components: z.array(component).min(1),
});
export type NewTemplate = z.output<typeof NewTemplate>;

export type Template = NewTemplate & {
  id: string;
  status: 'APPROVED' | 'PENDING' | 'REJECTED' | 'PAUSED' | 'DISABLED';
};

const demoTemplates: NewTemplate[] = [
  {
    name: 'hello_world',
    language: 'en_US',
    category: 'UTILITY',
    components: [
      {
        type: 'BODY',
        text: 'Welcome and congratulations! This message shows that your number can send messages.',
      },
    ],
  },
  {
    name: 'seguimos_en_contacto',
    language: 'es',
    category: 'UTILITY',
    components: [
      { type: 'BODY', text: 'Hola {{1}}, retomamos tu consulta sobre {{2}}. ¿Seguimos por aquí?' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Sí, sigamos' },
          { type: 'QUICK_REPLY', text: 'Ya no, gracias' },
        ],
      },
    ],
  },
  {
    name: 'continuamos_em_contato',
    language: 'pt_BR',
    category: 'UTILITY',
    components: [
      { type: 'BODY', text: 'Olá {{1}}, retomamos o seu atendimento sobre {{2}}. Podemos continuar?' },
    ],
  },
];

export const createTemplates = (deps: { random: Random }) => {
  const byAccount = new Map<string, Template[]>();

  const newId = () =>
    `3${Math.floor(deps.random() * 1e14)
      .toString()
      .padStart(14, '0')}`;
  const of = (wabaId: string): Template[] => {
    const found =
      byAccount.get(wabaId) ??
      demoTemplates.map((template) => ({ ...template, id: newId(), status: 'APPROVED' as const }));
    byAccount.set(wabaId, found);
    return found;
  };

  return {
    list: of,
    add: (wabaId: string, template: NewTemplate): Template | { refused: MetaError } => {
      const taken = of(wabaId).some(
        (known) => known.name === template.name && known.language === template.language,
      );
      if (taken)
        return {
          refused: {
            ...metaError(100, 'There is already content in this language for this template.'),
            subcode: 2388024,
          },
        };
      const added: Template = { ...template, id: newId(), status: 'PENDING' };
      of(wabaId).push(added);
      return added;
    },
    setStatus: (wabaId: string, id: string, status: Template['status']): Template | undefined => {
      const template = of(wabaId).find((known) => known.id === id);
      if (template) template.status = status;
      return template;
    },
    /** The text and buttons a customer sees, or why the template cannot be sent. */
    render: (wabaId: string, send: Extract<OutgoingMessage, { type: 'template' }>['template']) =>
      renderTemplate(of(wabaId), send),
  };
};

export type Templates = ReturnType<typeof createTemplates>;

type Rendered = {
  text: string;
  header?: string;
  footer?: string;
  buttons: { id: string; title: string }[];
  category: string;
};

const renderTemplate = (
  templates: Template[],
  send: Extract<OutgoingMessage, { type: 'template' }>['template'],
): Rendered | { refused: MetaError } => {
  const template = templates.find(
    (known) => known.name === send.name && known.language === send.language.code,
  );
  if (!template || template.status === 'PENDING' || template.status === 'REJECTED') {
    return {
      refused: metaError(132001, `template name (${send.name}) does not exist in ${send.language.code}`),
    };
  }
  if (template.status === 'PAUSED') return { refused: metaError(132015) };
  if (template.status === 'DISABLED') return { refused: metaError(132016) };

  const part = (type: string) => template.components.find((candidate) => candidate.type === type);
  const body = part('BODY')?.text ?? '';
  const parameters = send.components?.find((given) => given.type.toLowerCase() === 'body')?.parameters ?? [];
  const expected = new Set(body.match(/\{\{\w+\}\}/g) ?? []).size;
  if (parameters.length !== expected) {
    return {
      refused: metaError(
        132000,
        `body: number of localizable_params (${parameters.length}) does not match the expected number of params (${expected})`,
      ),
    };
  }
  const buttons = z
    .array(z.looseObject({ type: z.string(), text: z.string() }))
    .catch([])
    .parse(part('BUTTONS')?.buttons ?? []);
  return {
    text: body.replace(/\{\{(\d+)\}\}/g, (_whole, n: string) => parameters[Number(n) - 1]?.text ?? ''),
    header: part('HEADER')?.text,
    footer: part('FOOTER')?.text,
    buttons: buttons
      .filter((button) => button.type === 'QUICK_REPLY')
      .map((button) => ({ id: button.text, title: button.text })),
    category: template.category.toLowerCase(),
  };
};
