/** What people write to a company, a line at a time. Each script opens a conversation and answers what comes back. */
export type Script = readonly [opening: string, ...answers: string[]];

export const spanish: readonly Script[] = [
  ['Hola, buenos días', 'Quiero saber el estado de mi pedido', 'Es el 48213', 'Perfecto, muchas gracias 🙏'],
  [
    'Buenas, me llegó la factura más alta este mes',
    'La pagué el 5 por PSE',
    'Sí, el titular soy yo',
    '¿Y cuándo se ve reflejado?',
    'Listo, quedo atento',
  ],
  ['hola', 'necesito cambiar la dirección de entrega', 'Calle 45 # 12-30, apto 502, Bogotá', 'gracias!!'],
  [
    '¿Tienen disponible la talla M?',
    'La chaqueta azul de la página',
    '¿Cuánto vale el envío a Medellín?',
    'Ok, la quiero 😊',
    '¿Reciben Nequi?',
  ],
  [
    'Buenas tardes, quiero cancelar mi suscripción',
    'Ya no la uso',
    'No, gracias, ya lo decidí',
    'Bueno, gracias por la atención',
  ],
  [
    'Mi internet está caído desde ayer 😡',
    'Ya lo reinicié dos veces',
    'La luz está en rojo',
    '¿A qué hora viene el técnico?',
    'Vale, los espero',
  ],
  ['Hola, ¿hasta qué hora atienden hoy?', 'Ah ok, ¿y el sábado?', 'Gracias'],
  [
    'Quisiera una cotización para 20 uniformes',
    'Con logo bordado en el pecho',
    'Para el 15 del próximo mes',
    'Envíenmela a compras@ejemplo.co por favor',
  ],
  [
    'Me cobraron dos veces la misma compra',
    'Por 89.900 cada una',
    'Terminada en 4412',
    '¿En cuántos días devuelven el dinero?',
    'Gracias, quedo pendiente',
  ],
  [
    'Buen día, quiero agendar una cita',
    'El jueves en la mañana si se puede',
    'A las 9:30 está bien',
    '¡Gracias!',
  ],
];

export const portuguese: readonly Script[] = [
  ['Oi, bom dia!', 'Queria saber do meu pedido', 'É o 77120', 'Obrigada! 😊'],
  [
    'Boa tarde, meu boleto veio errado',
    'O valor certo é R$ 149,90',
    'CPF no nome de João mesmo',
    'Vocês mandam outro?',
    'Beleza, fico no aguardo',
  ],
  [
    'olá, a entrega atrasou de novo',
    'Era pra ter chegado segunda',
    'Rua das Acácias, 120, apto 31',
    'Tá bom, obrigado',
  ],
  [
    'Vocês têm esse tênis no 42?',
    'O preto',
    'Quanto fica o frete pra Campinas?',
    'Pode ser no Pix?',
    'Fechado! 👍',
  ],
  ['Preciso remarcar minha consulta', 'Na sexta à tarde, se der', 'Às 15h está ótimo', 'Muito obrigada!'],
];

export const impatience = {
  es: ['¿Hola? ¿Siguen ahí?', 'Sigo esperando…', '??', '¿Me pueden ayudar por favor?'],
  pt: ['Oi? Tem alguém aí?', 'Ainda estou esperando…', '??', 'Podem me ajudar, por favor?'],
} as const;

export const names = {
  es: {
    given: [
      'Valentina',
      'Andrés',
      'Camila',
      'Juan Pablo',
      'Luisa',
      'Santiago',
      'Mariana',
      'Óscar',
      'Daniela',
      'Felipe',
    ],
    family: [
      'Rojas',
      'Gómez',
      'Torres',
      'Díaz',
      'Peña',
      'Muñoz',
      'Ríos',
      'Ibáñez',
      'Castaño',
      'Núñez',
      'Cárdenas',
    ],
  },
  pt: {
    given: ['João', 'Ana Beatriz', 'Thiago', 'Letícia', 'Márcio', 'Conceição', 'Luís', 'Júlia'],
    family: ['Souza', 'Araújo', 'Gonçalves', 'Simões', 'da Conceição', 'Magalhães', 'Brandão'],
  },
} as const;
